"""Whether the payment provider still tells us what happens: it switches a webhook off after a day of failures, by mail only."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.inbox.models import ProviderEvent
from app.payments.models import Capture

SILENCE = timedelta(hours=2)  # a webhook that is late comes within minutes; two hours without any are no accident
ITS_OWN = timedelta(minutes=5)  # what the last event told of was booked by then


def silent_since(session: Session, now: datetime) -> datetime | None:
    """Since when money has come of which no webhook told, two hours ago or longer: probably it is disabled. None: all is well.

    The money is in the books all the same: the browser's return brought it, or the look at the provider's lists. `now` in the
    store's time. The repair: switch the webhook on in the provider's dashboard; what else was missed while it was off,
    `rozana payments backfill` finds.
    """
    events = select(ProviderEvent).where(ProviderEvent.provider == "razorpay")
    heard = session.exec(events.order_by(col(ProviderEvent.id).desc()).limit(1)).first()
    untold = select(Capture.captured_at).where(Capture.source == "razorpay")
    if heard is not None:  # ids go by time, so that this reads the newest rows only
        heard_at = heard.happened_at or heard.created_at
        untold = untold.where(col(Capture.id) > heard.id, Capture.captured_at > heard_at + ITS_OWN)
    first = session.exec(untold.order_by(col(Capture.id)).limit(1)).first()
    return first if first is not None and now - first >= SILENCE else None
