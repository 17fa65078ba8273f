"""What a customer asks of a subscription, on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt

from app.api.fields import Day
from app.api.schemas import RequestBody
from app.carts.rules import MAX_QUANTITY
from app.core.money import MAX_AMOUNT
from app.payments.mandate_models import MandateMethod
from app.subscriptions.beginning import Wish
from app.subscriptions.coming import Item, Shift
from app.subscriptions.errors import LinesInvalid, MandateNotTaken
from app.subscriptions.models import PaymentMethod
from app.subscriptions.rules import Rule

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MAX_LISTED_LINES = 100  # what a body may hold; how many a subscription may have is the shop's rule


class RuleIn(RequestBody):
    """How often: `daily`; `every_n_days` with `every`; `weekdays` with `weekdays`; `weekly`, every `every` weeks; `monthly`.

    `weekly` falls on the weekday of the start, `monthly` on `day`, or on the last day of a month that is too short.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "weekly", "every": 1}, {"kind": "monthly", "day": 31}]})

    kind: Literal["daily", "every_n_days", "weekdays", "weekly", "monthly"]
    every: StrictInt | None = None
    weekdays: list[Weekday] | None = Field(default=None, max_length=7)
    day: StrictInt | None = None


Pieces = Annotated[StrictInt, Field(ge=0, le=MAX_QUANTITY)]


class LineIn(RequestBody):
    """`by_weekday`: other quantities on these weekdays; 0 leaves it out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "quantity": 1, "by_weekday": {"sun": 2}}]
        }
    )

    variant_id: UUID
    quantity: Pieces
    by_weekday: dict[Weekday, Pieces] = Field(default_factory=dict)

    def item(self) -> Item:
        return Item(self.variant_id, self.quantity, {str(day): pieces for day, pieces in self.by_weekday.items()})


class MandateIn(RequestBody):
    """`max_amount` in paise: the most a single debit may take; left out, twice the price of a delivery."""

    method: MandateMethod = "upi"
    max_amount: int | None = Field(default=None, ge=1, le=MAX_AMOUNT)


class SubscriptionIn(RequestBody):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"variant_id": "01980a2e-5d6c-7c3e-9d2b-8f1f6d0c4a11", "quantity": 2}],
                    "rule": {"kind": "weekdays", "weekdays": ["mon", "wed", "fri"]},
                    "starts_on": "2026-12-04",
                    "address_id": "01980a2f-11aa-7b22-a3c4-5d6e7f809102",
                    "mandate": {"method": "upi", "max_amount": 150000},
                }
            ]
        }
    )

    lines: list[LineIn] = Field(min_length=1, max_length=MAX_LISTED_LINES)
    rule: RuleIn
    starts_on: Day
    address_id: UUID
    shift: Shift = "morning"
    ends_on: Day | None = Field(default=None, description="Nothing comes after that day")
    ends_after: StrictInt | None = Field(
        default=None, ge=1, le=10_000, description="It ends after so many deliveries; one left out is none"
    )
    payment_method: PaymentMethod = "mandate"
    mandate: MandateIn | None = None

    def wish(self) -> Wish:
        """One delivery has each variant once: named twice is a slip, and adding up would guess."""
        if len({line.variant_id for line in self.lines}) != len(self.lines):
            raise LinesInvalid("the same variant stands in two lines", field="lines")
        is_by_mandate, mandate = self.payment_method == "mandate", self.mandate or MandateIn()
        if self.mandate is not None and not is_by_mandate:
            raise MandateNotTaken(field="mandate")
        return Wish(
            items=[line.item() for line in self.lines],
            rule=Rule.of(self.rule.model_dump(exclude_none=True)),
            starts_on=self.starts_on,
            address_id=self.address_id,
            payment_method=self.payment_method,
            shift=self.shift,
            ends_on=self.ends_on,
            ends_after=self.ends_after,
            method=mandate.method if is_by_mandate else None,
            max_amount=mandate.max_amount if is_by_mandate else None,
        )


class PauseIn(RequestBody):
    model_config = ConfigDict(json_schema_extra={"examples": [{"until": "2026-12-28"}, {}]})

    until: Day | None = Field(default=None, description="The first day deliveries may come again; null: until resumed")
