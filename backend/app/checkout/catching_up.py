"""Read what the payment provider's account says of a range of time, and apply what nobody told us: the poll and the back-fill.

The lists are read with no transaction open; each entity that is news is applied in a unit of work of its own, by the same
functions as an event about it. So any number of copies, with webhooks racing, end in the same state.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from app.checkout import refunding
from app.checkout.applying import apply_payment
from app.core import clock
from app.core.actor import Actor
from app.core.errors import Refusal
from app.core.logging import get_logger
from app.core.work import unit_of_work
from app.payments import catching_up as payments
from app.payments import disputes
from app.providers import registry
from app.providers.razorpay_facts import PaymentFacts, RefundFacts
from app.providers.razorpay_report_facts import DisputeFacts
from app.stores import service as stores
from app.stores.service import Account

CHUNK = 100  # entities looked up in one statement: a page of the provider's
WINDOW = timedelta(days=7)  # listed in one go: what is made in it is far from the most that a list may have

Fact = TypeVar("Fact", PaymentFacts, RefundFacts, DisputeFacts)

Apply = Callable[[Session, Fact, Actor, str], object]

log = get_logger(__name__)


@dataclass
class Caught:
    """What was seen and what of it was news, by kind; what could not be applied, and why."""

    seen: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)  # the provider's id, the reason

    def add(self, more: "Caught") -> None:
        self.seen += more.seen
        self.applied += more.applied
        self.refused += more.refused

    def as_counts(self) -> dict[str, int]:
        counts = {f"{kind}_seen": number for kind, number in self.seen.items()}
        counts |= {f"{kind}_applied": number for kind, number in self.applied.items()}
        return counts | ({"refused": len(self.refused)} if self.refused else {})


Progress = Callable[[Caught], None]


def no_progress(_: Caught) -> None:
    """Nobody watches."""


def catch_up(
    store_id: UUID, account: Account, from_: datetime, to: datetime, actor: Actor, cause: str, progress: Progress = no_progress
) -> Caught:
    """Apply every payment, refund and dispute made in [from_, to] that is not in the books. Safe to run twice.

    Refused ones are told and keep no other waiting. ProviderError: what was read before it is applied.
    """
    client, caught = registry.razorpay(account.secrets), Caught()

    def go_through(
        kind: str,
        listed: Iterable[Fact],
        news_of: Callable[[Session, list[Fact]], list[Fact]],
        apply: Apply[Fact],
    ) -> None:
        for chunk in _chunks(listed):
            caught.seen[kind] += len(chunk)
            with unit_of_work(store_id) as session:
                news = news_of(session, chunk)
            for facts in reversed(news):  # lists begin with the newest
                _apply_one(store_id, kind, facts, apply, (actor, cause), caught)
            progress(caught)

    for first, last in _windows(from_, to):
        go_through("payments", client.payments_between(first, last), payments.news_of_payments, _apply_payment)
        go_through("refunds", client.refunds_between(first, last), payments.news_of_refunds, _apply_refund)
        go_through("disputes", client.disputes_between(first, last), payments.news_of_disputes, _apply_dispute)
    return caught


def catch_up_with(
    store_id: UUID, account: Account, payment_ids: Iterable[str], refund_ids: Iterable[str], actor: Actor, cause: str
) -> Caught:
    """Fetch these entities by their ids and apply them, however old they are. Safe to run twice. ProviderError as above."""
    client, caught = registry.razorpay(account.secrets), Caught()
    for payment_id in payment_ids:
        _apply_one(store_id, "payments", client.fetch_payment(payment_id), _apply_payment, (actor, cause), caught)
    for refund_id in refund_ids:
        _apply_one(store_id, "refunds", client.fetch_refund(refund_id), _apply_refund, (actor, cause), caught)
    return caught


def _apply_one(store_id: UUID, kind: str, facts: Fact, apply: Apply[Fact], by: tuple[Actor, str], caught: Caught) -> None:
    """In a unit of work of its own."""
    try:
        with unit_of_work(store_id) as session:
            apply(session, facts, *by)
    except Refusal as refusal:
        log.warning("not_caught_up", kind=kind, provider_id=facts.id, reason=refusal.code)
        caught.refused.append((facts.id, refusal.detail))
    except OperationalError:  # the database is away: nothing is wrong with what was told
        raise
    except Exception as error:  # a mistake of ours must not keep the others waiting, nor the next look
        log.error("not_caught_up", kind=kind, provider_id=facts.id, exc_info=error)
        caught.refused.append((facts.id, f"{type(error).__name__} while it was applied; the log says more"))
    else:
        caught.applied[kind] += 1


def _windows(from_: datetime, to: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The range in parts, oldest first; what was made at the very end of one comes again with the next."""
    while from_ < to:
        yield from_, min(from_ + WINDOW, to)
        from_ += WINDOW


def _chunks(listed: Iterable[Fact]) -> Iterator[list[Fact]]:
    waiting = iter(listed)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk


def _apply_payment(session: Session, facts: PaymentFacts, actor: Actor, cause: str) -> None:
    apply_payment(session, facts, actor=actor, cause=cause, now=clock.now(stores.get(session)))


def _apply_refund(session: Session, facts: RefundFacts, actor: Actor, cause: str) -> None:
    refunding.adopt(session, facts, actor, cause, clock.now(stores.get(session)))


def _apply_dispute(session: Session, facts: DisputeFacts, actor: Actor, cause: str) -> None:
    disputes.apply_facts(session, facts, actor, cause, clock.now(stores.get(session)))
