"""Statements of account: a customer's month, as data, as a page and as PDF. An issued one never changes."""

from datetime import date, datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from app.accounts import service as accounts
from app.accounts.errors import CustomerNotFound
from app.api.documents import PAGE_POLICY
from app.api.doors import Door, OpenDoor
from app.api.orders import MAX_PAGE
from app.api.routing import Router
from app.api.schemas import MoneyOut
from app.invoices import pdf, rendering
from app.invoices import statement_queries as queries
from app.invoices.paper import Paper
from app.invoices.statement_models import LineKind, Statement, StatementLine
from app.invoices.statement_paper import statement_paper

router = Router(prefix="/api/v1", tags=["accounts"])

AMOUNTS = ("opening", "charged", "credited", "closing")


class StatementOut(BaseModel):
    """opening + charged - credited = closing, what is owed at the end of the month; below 0: paid in advance."""

    id: UUID
    customer_id: UUID
    number: str = Field(max_length=16, examples=["STM/26-27/000007"])
    month: str = Field(pattern="^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])
    issued_on: date
    issued_at: datetime
    opening: MoneyOut
    charged: MoneyOut = Field(description="By invoices, and money that went back")
    credited: MoneyOut = Field(description="Money that came, and what credit notes took off")
    closing: MoneyOut

    @classmethod
    def of(cls, row: Statement) -> "StatementOut":
        money = {name: MoneyOut(amount=getattr(row, f"{name}_amount"), currency=row.currency) for name in AMOUNTS}
        facts = row.model_dump(include={"id", "customer_id", "number", "issued_on", "issued_at"})
        return cls(month=f"{row.month_on:%Y-%m}", **facts, **money)


class StatementLineOut(BaseModel):
    """`amount` above 0: owed more. `cause_id` is the document, for the first two kinds."""

    kind: LineKind
    cause_id: UUID
    happened_on: date
    number: str
    order_number: str
    amount: MoneyOut
    balance: MoneyOut = Field(description="What was owed afterwards")

    @classmethod
    def of(cls, row: StatementLine, currency: str) -> "StatementLineOut":
        return cls(
            kind=cast(LineKind, row.kind),
            amount=MoneyOut(amount=row.amount, currency=currency),
            balance=MoneyOut(amount=row.balance_amount, currency=currency),
            **row.model_dump(include={"cause_id", "happened_on", "number", "order_number"}),
        )


class StatementDetailOut(BaseModel):
    statement: StatementOut
    lines: list[StatementLineOut]


class StatementList(BaseModel):
    """`next`: pass it as `after` for the page that follows; null: this is the last."""

    items: list[StatementOut]
    next: UUID | None


@router.get("/customers/{customer_id}/statements")
def list_statements(
    door: OpenDoor, customer_id: UUID, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20, after: UUID | None = None
) -> StatementList:
    """The monthly statements of a customer on account, newest first. Customers see their own, staff with `credit.read` all."""
    if door.owner_id not in (None, customer_id):
        raise CustomerNotFound
    accounts.get_customer(door.session, customer_id)
    found = queries.page(door.session, customer_id, limit + 1, after)
    items = [StatementOut.of(row) for row in found[:limit]]
    return StatementList(items=items, next=items[-1].id if len(found) > limit else None)


@router.get("/statements/{statement_id}")
def get_statement(door: OpenDoor, statement_id: UUID) -> StatementDetailOut:
    """One statement with all that it says, frozen when it was issued: on the first of the month that followed."""
    row = queries.get(door.session, statement_id, door.owner_id)
    lines = [StatementLineOut.of(line, row.currency) for line in queries.lines(door.session, row.id)]
    return StatementDetailOut(statement=StatementOut.of(row), lines=lines)


@router.get("/statements/{statement_id}/page", response_class=HTMLResponse)
def show_statement(door: OpenDoor, statement_id: UUID) -> HTMLResponse:
    """The statement as a page to show or to print on A4. It is whole in itself: no scripts, no other files."""
    return HTMLResponse(rendering.page(_paper(door, statement_id)), headers={"Content-Security-Policy": PAGE_POLICY})


@router.get(
    "/statements/{statement_id}/pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_statement(door: OpenDoor, statement_id: UUID) -> Response:
    """The statement as a PDF named by its number. The same statement gives the same bytes each time."""
    paper = _paper(door, statement_id)
    headers = {"Content-Disposition": f'attachment; filename="{paper.file_name}.pdf"'}
    return Response(pdf.pdf(paper), media_type="application/pdf", headers=headers)


def _paper(door: Door, statement_id: UUID) -> Paper:
    row = queries.get(door.session, statement_id, door.owner_id)
    return statement_paper(row, queries.lines(door.session, row.id))
