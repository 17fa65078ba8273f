"""What is done about a delivery that its mandate did not pay: by the kind of failure, on which day. Pure.

A schedule counts days from the failure, in the store's zone. Each step comes at the hour of charges, so that what people are
told as a day is kept to the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final, Literal, get_args
from zoneinfo import ZoneInfo

from app.payments.debit_reasons import FINAL_REASONS, MANDATE_REASONS
from app.payments.debit_rules import off_peak

FailureClass = Literal["low_balance", "bank_down", "limit", "mandate_paused", "hard_decline"]
Action = Literal["retry", "link", "notice", "give_up"]
RETRIED: Final = ("low_balance", "bank_down")  # for the others the same debit would fail again, or is forbidden
MAX_DAYS: Final = 60
MIN_RETRY_DAYS: Final = 2  # a notice of a day, and a bank that takes a day and a half to answer the try before
RETRY_AT: Final = time(6)  # as charges by default: off-peak, before the day on which people see it
NOTICE_TIME: Final[Mapping[str, timedelta]] = {"upi": timedelta(hours=26), "card": timedelta(hours=38)}  # see MIN_NOTICE
TRY_FOR: Final = timedelta(hours=6)  # from the instant of a retry on: one try, for the next would be that much later
MAX_DELAYS: Final = 7  # days on which a retry could not even be sent; then it is given up like any other

_LOW = frozenset({"insufficient_funds", "adequate_funds_not_available_blocked"})
_LIMIT = frozenset(
    {
        "over_limit",
        "amount_does_not_match_mandate_amount",
        "limit_exceeded_remitting_bank",
        "mandate_current_cycle_allowed_debit_exceeds",
        "card_mandate_current_cycle_allowed_debit_exceeds",
        "mandate_debit_beyond_psp_amount_cap",
        "per_transaction_limit_exceeded",
        "transaction_frequency_limit_exceeded",
        "transaction_limit_exceeded",
    }
)
NOT_TRIED: Final = frozenset({"too_late", "notice_failed", "provider_order_refused"})  # no debit was sent: no try used up


@dataclass(frozen=True)
class Step:
    after_days: int
    action: Action


Schedule = Sequence[Step]
DEFAULTS: Final[Mapping[FailureClass, Schedule]] = {
    "low_balance": (Step(2, "retry"), Step(4, "retry"), Step(5, "link"), Step(7, "retry"), Step(10, "give_up")),
    "bank_down": (Step(2, "retry"), Step(4, "retry"), Step(6, "link"), Step(10, "give_up")),
    "limit": (Step(1, "link"), Step(4, "link"), Step(10, "give_up")),
    "mandate_paused": (Step(2, "notice"), Step(4, "link"), Step(10, "give_up")),
    "hard_decline": (Step(1, "link"), Step(4, "link"), Step(10, "give_up")),
}


@dataclass(frozen=True)
class Terms:
    """A store's. `credit_amount`: up to which a customer's deliveries go out unpaid; `recovers`: what a new mandate pays."""

    schedules: Mapping[FailureClass, Schedule]
    credit_amount: int = 0
    recovers: Literal["current", "all"] = "current"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Terms":
        """As `store.settings["subscriptions"]` says: dunning, credit_amount, recovers. ValueError for what cannot be kept."""
        given = settings.get("subscriptions", {})
        wanted, credit, recovers = given.get("dunning", {}), given.get("credit_amount", 0), given.get("recovers", "current")
        if not isinstance(wanted, Mapping) or wanted.keys() - DEFAULTS.keys():
            raise ValueError(f"dunning has steps for {', '.join(DEFAULTS)}, not {wanted!r}")
        if type(credit) is not int or credit < 0 or recovers not in ("current", "all"):
            raise ValueError("credit_amount is in paise and not negative; recovers is current or all")
        schedules = {kind: _schedule(kind, wanted[kind]) if kind in wanted else steps for kind, steps in DEFAULTS.items()}
        return cls(schedules, credit, recovers)


def class_of(reason: str) -> FailureClass:
    """Of our reasons and the bank's. One that nobody has told us of is nobody's fault: it is worth a try."""
    if reason in MANDATE_REASONS or (reason.startswith("mandate_") and reason not in _LIMIT):
        return "mandate_paused"
    if reason in _LIMIT:
        return "limit"
    if reason in _LOW:
        return "low_balance"
    return "hard_decline" if reason in FINAL_REASONS else "bank_down"


def step_at(step: Step, failed_at: datetime, zone: str, delays: int = 0) -> datetime:
    """When a step takes effect; a retry: when the debit is to be sent."""
    day = failed_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=step.after_days + delays)
    return off_peak("upi", datetime.combine(day, RETRY_AT, ZoneInfo(zone)).astimezone(failed_at.tzinfo))


def act_at(step: Step, method: str, failed_at: datetime, zone: str, delays: int = 0) -> datetime:
    """When to begin with a step: a retry is announced first."""
    at = step_at(step, failed_at, zone, delays)
    return at - NOTICE_TIME[method] if step.action == "retry" else at


def _schedule(kind: str, given: Any) -> Schedule:
    try:
        steps = [Step(days, action) for days, action in given]
    except (TypeError, ValueError):
        steps = []
    days = [step.after_days if type(step.after_days) is int else 0 for step in steps]
    retries = [0] + [step.after_days for step in steps if step.action == "retry"]
    fits = (
        steps
        and all(step.action in get_args(Action) for step in steps)
        and [step.action == "give_up" for step in steps] == [False] * (len(steps) - 1) + [True]
        and all(before < after for before, after in pairwise([0, *days]))
        and days[-1] <= MAX_DAYS
        and (kind in RETRIED or len(retries) == 1)
        and all(later - earlier >= MIN_RETRY_DAYS for earlier, later in pairwise(retries))
    )
    if not fits:
        raise ValueError(
            f"steps of {kind} are [days, retry | link | notice | give_up], days rising to at most {MAX_DAYS}, give_up last and "
            f"only there; retries, two days apart, only of {' and '.join(RETRIED)}; not {given!r}"
        )
    return steps
