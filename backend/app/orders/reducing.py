"""What of an order's price is no longer owed: decided under the order's lock, per line and tax head, and never changed.

Safe to call twice only as far as its caller is: each call is one more decision. Nothing can be given up twice, though: each is
taken from what is left of its lot, and the database holds the sum below the order's total.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.money import share
from app.orders.models import Order, OrderLine
from app.orders.reduction_models import Reduction, ReductionLine
from app.orders.reduction_rules import amount_of_pieces, part_of
from app.pricing.rules import RUPEE, Taxed


@dataclass(frozen=True)
class Part:
    """What is given up of one line: so many pieces (0: only of the price), and their amount by tax head."""

    line: OrderLine
    quantity: int
    taxed: Taxed


@dataclass(frozen=True)
class Terms:
    """Why, and what goes with it. `refund_to`: source or wallet."""

    reason: str
    return_id: UUID | None = None
    refund_to: str = "source"
    note: str = ""


@dataclass(frozen=True)
class Left:
    """What still stands of a line: its amount by tax head, and the pieces that amount is for.

    `grams`: what they weigh, where some are weighed already and cost less than others for it.
    """

    line: OrderLine
    pieces: int
    taxed: Taxed
    grams: int = 0

    def of_pieces(self, pieces: int, packed_grams: int | None = None) -> Part:
        """So many pieces at what they cost; `packed_grams` where they are weighed. ValueError for more than are left."""
        amount = amount_of_pieces(self.taxed.total_amount, self.pieces, pieces)
        if self.grams and pieces < self.pieces:
            amount = self.taxed.total_amount * charged_grams(self.line, pieces, packed_grams) // self.grams
        return Part(self.line, pieces, part_of(self.taxed, amount))

    def of_price(self, amount: int) -> Part:
        """So much of the price, all pieces being kept."""
        return Part(self.line, 0, part_of(self.taxed, min(amount, self.taxed.total_amount)))

    @property
    def rest(self) -> Part:
        return Part(self.line, self.pieces, self.taxed)


def charged_grams(line: OrderLine, pieces: int, packed_grams: int | None = None) -> int:
    """What so many pieces are charged for: what was ordered, or less where they are packed and lighter."""
    ordered = pieces * (line.piece_grams or 0)
    return ordered if packed_grams is None else min(ordered, packed_grams)


@dataclass(frozen=True)
class Lot:
    """What is left of an order as one issued document charges for it, or (`document_id` None) as none does yet.

    `amount`: its lines with what is left of its round-off. No more than that is given up of it, so credit notes never exceed
    their document.
    """

    document_id: UUID | None
    lines: Mapping[UUID, Left]
    amount: int

    @property
    def lines_amount(self) -> int:
        return sum(left.taxed.total_amount for left in self.lines.values())


def reduce(
    session: Session, order: Order, lot: Lot, parts: Iterable[Part], terms: Terms, actor: Actor, cause: str
) -> Reduction | None:
    """Give these parts of the lot up. None when nothing is left to be given up. The caller holds the order's lock.

    With the last paisa of its lines goes what is left of its round-off, so what is given up bit by bit ends at zero. (Off no
    document, and only with everything else: a delivery charge that an order of the past has beside its lines.)
    """
    parts = [part for part in parts if part.taxed.total_amount or part.quantity]
    taxed, left = sum(part.taxed.total_amount for part in parts), max(0, min(lot.amount, order.owed_amount))
    is_whole = lot.document_id is None and lot.amount == order.owed_amount
    is_last = taxed == lot.lines_amount and (is_whole or abs(lot.amount - taxed) < RUPEE)
    amount = left if is_last else min(taxed, left)
    if not parts or not amount:
        return None
    return _write(session, order, lot, parts, amount, terms, actor, cause)


def reduce_by(
    session: Session, order: Order, lot: Lot, amount: int, terms: Terms, actor: Actor, cause: str
) -> Reduction | None:
    """Give up just `amount` of the price, spread over what is left of the lot's lines in proportion; no pieces. At most what is
    left, and then its round-off with it.
    """
    amount = min(amount, lot.amount, order.owed_amount)
    taxed = lot.lines_amount if amount == lot.amount else min(amount, lot.lines_amount)
    worth = [left.taxed.total_amount for left in lot.lines.values()]
    shares = zip(lot.lines.values(), share(taxed, worth), strict=True)
    parts = [left.of_price(part) for left, part in shares if part]
    return _write(session, order, lot, parts, amount, terms, actor, cause) if parts and amount > 0 else None


def _write(
    session: Session,
    order: Order,
    lot: Lot,
    parts: Sequence[Part],
    amount: int,
    terms: Terms,
    actor: Actor,
    cause: str,
) -> Reduction:
    row = Reduction(
        store_id=order.store_id,
        id=new_id(),
        order_id=order.id,
        reason=terms.reason,
        amount=amount,
        round_off_amount=amount - sum(part.taxed.total_amount for part in parts),
        return_id=terms.return_id,
        document_id=lot.document_id,
        refund_to=terms.refund_to,
        note=terms.note[:200],
    )
    session.add(row)
    session.flush()
    for part in parts:
        session.add(
            ReductionLine(
                store_id=order.store_id,
                reduction_id=row.id,
                order_line_id=part.line.id,
                quantity=part.quantity,
                **vars(part.taxed),
            )
        )
    before, order.reduced_amount = order.reduced_amount, order.reduced_amount + amount
    session.add(order)
    session.flush()
    changes = {"reduced_amount": [before, order.reduced_amount], "reason": [None, terms.reason]}
    record(session, actor, "order.reduced", order, changes, cause=cause)
    return row
