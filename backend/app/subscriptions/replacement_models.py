"""A mandate that shall take over a subscription's payment."""

from uuid import UUID

from sqlalchemy import UniqueConstraint

from app.core.db import Row, belongs_to


class MandateReplacement(Row, table=True):
    """Asked for, and not good yet: what pays now goes on doing so until the bank confirms it. One at a time."""

    __tablename__ = "mandate_replacements"
    __table_args__ = (
        belongs_to("subscriptions"),
        belongs_to("mandates"),
        UniqueConstraint("store_id", "subscription_id"),
        UniqueConstraint("store_id", "mandate_id"),
    )

    subscription_id: UUID
    mandate_id: UUID
