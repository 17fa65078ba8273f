"""A statement of account as a sheet: set by the same page and PDF as documents are."""

from collections.abc import Iterable, Sequence
from datetime import date

from app.invoices.account_months import Month
from app.invoices.paper import Paper, Party, buyer_lines, seller_party
from app.invoices.statement_models import Statement, StatementLine
from app.invoices.tables import TOGETHER, Amount, Column, PrintedLine
from app.invoices.wording import day, figures, in_words

TITLE = "Statement of account"
COLUMNS = (
    Column("Date", "code", 115),
    Column("What", "text", 190),
    Column("Number", "text", 185),
    Column("Order", "code", 160),
    Column("Charged ₹", "number", 115),
    Column("Credited ₹", "number", 115),
    Column("Balance ₹", "sum", 120),
)
WHAT = {
    "document": "Invoice",
    "credit_note": "Credit note",
    "receipt": "Payment received",
    "refund": "Paid back to you",
    "refund_returned": "Came back from your bank",
}
DECLARATION = "Please compare this with your books, and tell us within a week of anything that does not agree."


def statement_paper(statement: Statement, lines: Sequence[StatementLine]) -> Paper:
    """What stands on the sheet. Balances below 0 were paid in advance."""
    legal_name = statement.seller["legal_name"]
    last_on = Month.of(statement.month_on, "UTC").last_on
    period = f"{day(statement.month_on)} to {day(last_on)}"
    return Paper(
        title=TITLE,
        number=statement.number,
        copy="For your books",
        seller=seller_party(statement.seller),
        facts=(("Number", statement.number), ("Date", day(statement.issued_on))),
        parties=(
            Party("Account of", statement.buyer.get("name", ""), tuple(buyer_lines(statement.buyer))),
            Party("Month", f"{statement.month_on:%B %Y}", (period,)),
        ),
        columns=COLUMNS,
        rows=(_opening(statement), *(_row(line) for line in lines)),
        sums=_sums(statement),
        tax_columns=(),
        tax_rows=(),
        amounts=tuple(_amounts(statement)),
        words=_words(statement.closing_amount),
        declaration=DECLARATION,
        signature=(f"For {legal_name}", statement.seller.get("signature_name", ""), "Authorised signatory"),
        footer=f"{TITLE} {statement.number} · {period} · {legal_name}",
    )


def _opening(statement: Statement) -> PrintedLine:
    return PrintedLine((_day(statement.month_on), "Opening balance", "", "", "", "", figures(statement.opening_amount)))


def _row(line: StatementLine) -> PrintedLine:
    charged, credited = (figures(line.amount), "") if line.amount > 0 else ("", figures(-line.amount))
    what = (_day(line.happened_on), WHAT[line.kind], line.number, line.order_number)
    return PrintedLine((*what, charged, credited, figures(line.balance_amount)))


def _day(on: date) -> str:
    """On one line, also on a phone."""
    return day(on).replace(" ", TOGETHER)


def _sums(statement: Statement) -> tuple[str, ...]:
    moved = (figures(statement.charged_amount), figures(statement.credited_amount))
    return ("", "Closing balance", "", "", *moved, figures(statement.closing_amount))


def _amounts(statement: Statement) -> Iterable[Amount]:
    yield Amount("Opening balance", figures(statement.opening_amount))
    yield Amount("Charged", figures(statement.charged_amount))
    yield Amount("Credited", figures(-statement.credited_amount) if statement.credited_amount else figures(0))
    label = "You have paid in advance" if statement.closing_amount < 0 else "You owe us"
    yield Amount(label, f"₹ {figures(abs(statement.closing_amount))}", is_total=True)


def _words(closing_amount: int) -> str:
    words = in_words(abs(closing_amount))
    return f"{words}, in your favour" if closing_amount < 0 else words
