"""Subscriptions as the merchant's server sees them. No key and no receipt: a repeated create makes a second one."""

from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.razorpay import authenticating, changing, new_subscriptions, subscribing
from sandbox.razorpay.entities import Entity, collection, insert, load, page
from sandbox.razorpay.errors import Razorpay, refused
from sandbox.razorpay.happening import Happening
from sandbox.wire import Wire, Work

wire = Wire(Razorpay())

YES = (True, 1, "1", "true")


@wire.operation("subscriptions.create", "POST", "/v1/subscriptions")
def create(work: Work) -> Response:
    subscription = insert(work.db, new_subscriptions.asked(work))
    authenticating.expire_in_time(Happening(work.db, work.account, work.now), subscription)
    return JSONResponse(subscription.wire)


@wire.operation("subscriptions.list", "GET", "/v1/subscriptions")
def listing(work: Work) -> Response:
    """Also by `plan_id`."""
    plan_id = work.call.query.get("plan_id")
    found = page(work.db, work.account.id, "subscription", work.call.query, "(? IS NULL OR parent = ?)", (plan_id, plan_id))
    return collection([subscription.wire for subscription in found])


@wire.operation("subscriptions.fetch", "GET", "/v1/subscriptions/{subscription_id}")
def fetch(work: Work) -> Response:
    return JSONResponse(_load(work).wire)


@wire.operation("subscriptions.edit", "PATCH", "/v1/subscriptions/{subscription_id}")
def edit(work: Work) -> Response:
    return _move(work, lambda happening, subscription: changing.change(happening, subscription, _body(work)))


@wire.operation("subscriptions.cancel", "POST", "/v1/subscriptions/{subscription_id}/cancel")
def cancel(work: Work) -> Response:
    at_cycle_end = _body(work).get("cancel_at_cycle_end") in YES
    return _move(work, lambda happening, subscription: subscribing.cancel(happening, subscription, at_cycle_end))


@wire.operation("subscriptions.pause", "POST", "/v1/subscriptions/{subscription_id}/pause")
def pause(work: Work) -> Response:
    _now_only(work, "pause_at")
    return _move(work, subscribing.pause)


@wire.operation("subscriptions.resume", "POST", "/v1/subscriptions/{subscription_id}/resume")
def resume(work: Work) -> Response:
    _now_only(work, "resume_at")
    return _move(work, subscribing.resume)


@wire.operation("subscriptions.scheduled", "GET", "/v1/subscriptions/{subscription_id}/retrieve_scheduled_changes")
def scheduled(work: Work) -> Response:
    return JSONResponse(changing.with_scheduled(_load(work)))


@wire.operation("subscriptions.drop_scheduled", "POST", "/v1/subscriptions/{subscription_id}/cancel_scheduled_changes")
def drop_scheduled(work: Work) -> Response:
    return _move(work, changing.drop_scheduled)


def _move(work: Work, change: Callable[[Happening, Entity], None]) -> Response:
    subscription, happening = _load(work), Happening(work.db, work.account, work.now)
    change(happening, subscription)
    happening.publish()
    return JSONResponse(subscription.wire)


def _load(work: Work) -> Entity:
    return load(work.db, work.account.id, "subscription", work.call.params["subscription_id"])


def _body(work: Work) -> dict[str, Any]:
    return work.call.body if isinstance(work.call.body, dict) else {}


def _now_only(work: Work, name: str) -> None:
    if _body(work).get(name, "now") != "now":
        raise refused(f"The selected {name.replace('_', ' ')} is invalid.", field=name)
