"""What of an order's price is no longer owed: decided under the order's lock, per line and tax head, and never changed.

Safe to call twice only as far as its caller is: each call is one more decision. Nothing can be given up twice, though: each is
taken from what is left, and the database holds the sum below the order's total.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.audit.service import record
from app.core.actor import Actor
from app.core.ids import new_id
from app.core.money import share
from app.orders import queries
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
    """Why, and what goes with it. `document_id`: the issued document that it corrects; `refund_to`: source or wallet."""

    reason: str
    return_id: UUID | None = None
    document_id: UUID | None = None
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


def left_of(session: Session, order: Order) -> list[Left]:
    """What is left of each line of the order, delivery included. Two statements; the caller holds the order's lock."""
    given_up = queries.reduced_by_line(session, order.id)
    return [_left(line, given_up.get(line.id)) for line in queries.charged_lines(session, order.id)]


def _left(line: OrderLine, given_up: tuple[int, Taxed] | None) -> Left:
    if given_up is None:
        return Left(line, line.quantity, line.taxed)
    pieces, taxed = given_up
    return Left(line, line.quantity - pieces, line.taxed - taxed)


def reduce(session: Session, order: Order, parts: Iterable[Part], terms: Terms, actor: Actor, cause: str) -> Reduction | None:
    """Give these parts of the order up. None when nothing is left to be given up. The caller holds the order's lock.

    With the last paisa of the lines goes what is left of the round-off, so an order that is given up bit by bit ends at zero.
    (Not off a document: a delivery charge that an order of the past has beside its lines.)
    """
    parts = [part for part in parts if part.taxed.total_amount or part.quantity]
    taxed = sum(part.taxed.total_amount for part in parts)
    left = order.total_amount - order.reduced_amount
    is_last = taxed == sum(one.taxed.total_amount for one in left_of(session, order))
    is_last = is_last and (terms.document_id is None or abs(left - taxed) < RUPEE)
    amount = left if is_last else min(taxed, left)
    if not parts or not amount:
        return None
    return _write(session, order, parts, amount, amount - taxed, terms, actor, cause)


def reduce_by(
    session: Session, order: Order, lot: Sequence[Left], amount: int, terms: Terms, actor: Actor, cause: str
) -> Reduction | None:
    """Give up `amount` of the price, spread over what is left of these lines in proportion; no pieces. At most what is left."""
    worth = [one.taxed.total_amount for one in lot]
    shares = share(min(amount, sum(worth)), worth)
    return reduce(session, order, (one.of_price(part) for one, part in zip(lot, shares, strict=True)), terms, actor, cause)


def _write(
    session: Session,
    order: Order,
    parts: Sequence[Part],
    amount: int,
    round_off_amount: int,
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
        round_off_amount=round_off_amount,
        return_id=terms.return_id,
        document_id=terms.document_id,
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
