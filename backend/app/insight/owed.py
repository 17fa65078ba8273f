"""Every table of work rows, and the nudge whose task works off one store's: what the sweep looks at, and who moves a clock."""

from app.core.work_columns import WorkRow
from app.inbox.models import ProviderEvent
from app.jobs.models import Slot
from app.notifications.models import Message
from app.payments.mandate_models import Debit, Mandate
from app.payments.models import PaymentAttempt
from app.payments.provider_subscription_models import ProviderPlan, ProviderSubscription
from app.payments.refund_models import Refund
from app.payments.watch_models import ProviderWatch

DRAINS: dict[type[WorkRow], str] = {
    PaymentAttempt: "drain_payments",
    ProviderEvent: "drain_events",
    Message: "drain_messages",
    Slot: "drain_slots",
    Debit: "drain_debits",
    Mandate: "drain_mandates",
    ProviderWatch: "drain_watches",
    Refund: "drain_refunds",
    ProviderPlan: "drain_provider_plans",
    ProviderSubscription: "drain_provider_subscriptions",
}
