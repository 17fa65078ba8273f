"""How far a distributor may owe us money."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select as columns
from sqlmodel import Session, col

from app.accounts.errors import NotADistributor
from app.accounts.models import Customer
from app.accounts.people import get_customer
from app.accounts.queries import lock_customer
from app.audit.service import record
from app.core.actor import Actor


def credit_limits(session: Session, customer_ids: Collection[UUID]) -> dict[UUID, int]:
    """How much each of these distributors may owe; whoever is none is left out."""
    statement = columns(col(Customer.id), col(Customer.credit_limit_amount)).where(
        col(Customer.id).in_(customer_ids), col(Customer.kind) == "distributor", col(Customer.credit_limit_amount).is_not(None)
    )
    return {row.id: int(row.credit_limit_amount) for row in session.execute(statement)}


def set_credit_limit(session: Session, customer_id: UUID, amount: int | None, actor: Actor) -> Customer:
    """Let the customer owe up to `amount` paise; None: nothing is sold on account any more. What is owed stays owed.

    Locks the customer, as an order on account does: no order slips in between. CustomerNotFound, NotADistributor.
    """
    lock_customer(session, customer_id)
    row = get_customer(session, customer_id)
    if row.kind != "distributor":
        raise NotADistributor
    before, row.credit_limit_amount = row.credit_limit_amount, amount
    session.add(row)
    record(session, actor, "customer.credit_limit_set", row, {"credit_limit_amount": [before, amount]})
    return row
