"""Every table of the product, for Alembic and for tests; importing this module imports all models."""

from app.accounts import models as accounts
from app.audit import models as audit
from app.carts import models as carts
from app.catalog import models as catalog
from app.catalog import price_models as price_changes
from app.checkout import dunning_models as dunnings
from app.core.db import metadata
from app.idempotency import models as idempotency
from app.inbox import models as inbox
from app.invoices import models as invoices
from app.invoices import statement_models as statements
from app.jobs import models as jobs
from app.ledger import models as ledger
from app.notifications import models as notifications
from app.orders import fulfilment_models as fulfilment
from app.orders import models as orders
from app.orders import reduction_models as reductions
from app.payments import dispute_models as disputes
from app.payments import mandate_models as mandates
from app.payments import models as payments
from app.payments import provider_charge_models as provider_charges
from app.payments import provider_subscription_models as provider_subscriptions
from app.payments import receipt_models as receipts
from app.payments import refund_models as refunds
from app.payments import settlement_models as settlements
from app.payments import watch_models as watches
from app.stock import count_models as stock_counts
from app.stock import models as stock
from app.stores import models as stores
from app.subscriptions import models as subscriptions
from app.subscriptions import replacement_models as mandate_replacements
from app.subscriptions import run_models as billing_runs
from app.wallets import models as wallets
from app.wallets import plan_models as wallet_plans

__all__ = [
    "accounts",
    "audit",
    "billing_runs",
    "carts",
    "catalog",
    "disputes",
    "dunnings",
    "fulfilment",
    "idempotency",
    "inbox",
    "invoices",
    "jobs",
    "ledger",
    "mandate_replacements",
    "mandates",
    "metadata",
    "notifications",
    "orders",
    "payments",
    "price_changes",
    "provider_charges",
    "provider_subscriptions",
    "receipts",
    "reductions",
    "refunds",
    "settlements",
    "statements",
    "stock",
    "stock_counts",
    "stores",
    "subscriptions",
    "wallet_plans",
    "wallets",
    "watches",
]
