"""What customers are told about their statements: queued in the transaction that issues them."""

from sqlmodel import Session

from app.accounts import service as accounts
from app.invoices.statement_models import Statement
from app.notifications import service as notifications
from app.notifications.models import Message


def statement_issued(session: Session, statement: Statement) -> list[Message]:
    """Once per statement, by e-mail, with where it can be read. Whoever has no address finds it in the shop."""
    customer = accounts.get_customer(session, statement.customer_id)
    if not customer.email:
        return []
    context = {
        "statement_id": str(statement.id),
        "number": statement.number,
        "customer_name": customer.name,
        "month": f"{statement.month_on:%B %Y}",
        "opening_amount": statement.opening_amount,
        "charged_amount": statement.charged_amount,
        "credited_amount": statement.credited_amount,
        "closing_amount": statement.closing_amount,
        "advance_amount": max(0, -statement.closing_amount),
    }
    key, about = f"statement.issued:{statement.id}", ("statements", statement.id)
    return [
        notifications.queue(
            session, "account_statement", customer.email, "email", key, context, about=about, customer_id=customer.id
        )
    ]
