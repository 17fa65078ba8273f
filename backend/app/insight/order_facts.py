"""Everything that belongs to one order, read at once: what its explanation and its timeline are told from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.money import format_money
from app.invoices import queries as documents
from app.invoices.models import Document
from app.orders import queries as orders
from app.orders.fulfilment_models import Return, ReturnLine, Shipment, ShipmentLine
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction
from app.payments import queries as payments
from app.payments.dispute_models import Dispute
from app.payments.models import Capture, Payment
from app.payments.receipt_models import Receipt
from app.payments.refund_models import Refund

WHERE_TO = {"source": "to where it came from", "wallet": "into the wallet", "by_hand": "by hand"}


@dataclass(frozen=True)
class OrderFacts:
    """An order and what hangs on it, each in the order in which it came about."""

    order: Order
    lines: dict[UUID, OrderLine]
    payment: Payment | None
    captures: Sequence[Capture]
    refunds: Sequence[Refund]
    reductions: Sequence[Reduction]
    shipments: Sequence[Shipment]
    contents: dict[UUID, list[ShipmentLine]]  # by shipment
    returns: Sequence[Return]
    returned: dict[UUID, list[ReturnLine]]  # by return
    documents: Sequence[Document]
    receipts: Sequence[Receipt]
    disputes: Sequence[Dispute]

    def money(self, amount: int) -> str:
        return format_money(amount, self.order.currency)

    def names(self) -> dict[UUID, str]:
        """What each of these things is called where its story is told."""
        return {
            **{one.id: f"refund of {self.money(one.amount)} {WHERE_TO[one.destination]}" for one in self.refunds},
            **{one.id: f"shipment {one.position} ({self.pieces(self.contents[one.id])})" for one in self.shipments},
            **{one.id: f"return of {self.pieces(self.returned[one.id])} ({words(one.reason)})" for one in self.returns},
            **{one.id: f"{words(one.kind)} {one.number} of {self.money(one.total_amount)}" for one in self.documents},
            **{one.id: f"dispute {one.provider_dispute_id} over {self.money(one.amount)}" for one in self.disputes},
        }

    def pieces(self, some: Iterable[ShipmentLine | ReturnLine]) -> str:
        return ", ".join(f"{one.quantity} × {self.lines[one.order_line_id].name}" for one in some)


def words(code: str) -> str:
    return code.replace("_", " ")


def read(session: Session, order: Order) -> OrderFacts:
    """A dozen statements, however much there is."""
    payment = payments.of_order(session, order.id)
    captures = payments.captures_of_payment(session, payment.id) if payment else []
    shipments, returns = orders.shipments(session, order.id), orders.returns(session, order.id)
    receipts = select(Receipt).where(col(Receipt.capture_id).in_([one.id for one in captures]))
    disputes = select(Dispute).where(col(Dispute.capture_id).in_([one.id for one in captures])).order_by(col(Dispute.id))
    return OrderFacts(
        order=order,
        lines={line.id: line for line in orders.charged_lines(session, order.id)},
        payment=payment,
        captures=captures,
        refunds=payments.refunds_of_payment(session, payment.id) if payment else [],
        reductions=orders.reductions(session, order.id),
        shipments=shipments,
        contents=orders.shipment_lines(session, [one.id for one in shipments]),
        returns=returns,
        returned=orders.return_lines(session, [one.id for one in returns]),
        documents=documents.of_order(session, order.id),
        receipts=session.exec(receipts.order_by(col(Receipt.id))).all() if captures else [],
        disputes=session.exec(disputes).all() if captures else [],
    )
