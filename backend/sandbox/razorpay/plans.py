"""Plans: how much is charged how often. Made, fetched, listed; never changed, and nothing keeps two from being alike."""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.ids import razorpay_id
from sandbox.razorpay.entities import Entity, checked_notes, collection, insert, load, page
from sandbox.razorpay.errors import Razorpay, refuse_unknown, refused
from sandbox.razorpay.new_orders import CURRENCIES, MINIMUM_AMOUNT
from sandbox.razorpay.periods import LEAST_DAILY, PERIODS
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

ACCEPTED = {"period", "interval", "item", "notes"}
ITEM = {"name", "amount", "currency", "description"}
UNUSED = ("hsn_code", "sac_code", "tax_rate", "tax_id", "tax_group_id")


@wire.operation("plans.create", "POST", "/v1/plans")
def create(work: Work) -> Response:
    """A repeated request makes a second plan."""
    body = work.call.body
    if not isinstance(body, dict):
        raise refused("The request body is not valid JSON")
    refuse_unknown(body, ACCEPTED)
    plan = {
        "id": razorpay_id("plan"),
        "entity": "plan",
        "interval": _interval(body),
        "period": body["period"],
        "item": _item(body.get("item"), work.now),
        "notes": checked_notes(body.get("notes")),
        "created_at": work.now,
    }
    return JSONResponse(insert(work.db, Entity(work.account.id, "plan", None, plan)).wire)


@wire.operation("plans.list", "GET", "/v1/plans")
def listing(work: Work) -> Response:
    return collection([plan.wire for plan in page(work.db, work.account.id, "plan", work.call.query)])


@wire.operation("plans.fetch", "GET", "/v1/plans/{plan_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(load(work.db, work.account.id, "plan", work.call.params["plan_id"]).wire)


def _interval(body: dict[str, Any]) -> int:
    if not body.get("period"):
        raise refused("The period field is required.", field="period")
    if body["period"] not in PERIODS:
        raise refused("The selected period is invalid.", field="period")
    interval = whole(body.get("interval"), "interval")
    if body["period"] == "daily" and interval < LEAST_DAILY:
        raise refused(f"For daily plans, the interval must be at least {LEAST_DAILY}.", field="interval")
    return interval


def _item(item: Any, now: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise refused("The item field is required.", field="item")
    refuse_unknown(item, ITEM)
    if not item.get("name"):
        raise refused("The name field is required.", field="item.name")
    amount = whole(item.get("amount"), "amount")
    if amount < MINIMUM_AMOUNT:
        raise refused("The amount must be at least INR 1.00", field="amount")
    if item.get("currency") not in CURRENCIES:
        raise refused("Currency is not supported", field="currency")
    return {
        "id": razorpay_id("item"),
        "active": True,
        "name": item["name"],
        "description": item.get("description"),
        "amount": amount,
        "unit_amount": amount,
        "currency": item["currency"],
        "type": "plan",
        "unit": None,
        "tax_inclusive": False,
        **dict.fromkeys(UNUSED),
        "created_at": now,
        "updated_at": now,
    }


def whole(value: Any, field: str, least: int = 1) -> int:
    """A positive whole number, refused otherwise."""
    if value is None:
        raise refused(f"The {field.replace('_', ' ')} field is required.", field=field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise refused(f"The {field.replace('_', ' ')} must be an integer.", field=field)
    if value < least:
        raise refused(f"The {field.replace('_', ' ')} must be at least {least}.", field=field)
    return value
