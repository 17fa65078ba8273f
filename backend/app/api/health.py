"""Is it alive, and can it serve?"""

from collections import Counter
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import text

from app.api.problems import UNAVAILABLE_RESPONSES
from app.api.routing import Router
from app.core.clock import machine_now
from app.core.db import engine
from app.core.errors import Refusal
from app.core.work import across_stores, unit_of_work
from app.insight import billing_health
from app.stores import service as stores

router = Router(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class NotReady(Refusal):
    """The database cannot be reached."""

    status, code = 503, "not_ready"


class BillingNotInOrder(Refusal):
    """Deliveries are not billed as they should be; `troubles` says what is the matter, and in how many stores."""

    status, code = 503, "billing_not_in_order"


@router.get("/healthz")
def alive() -> Health:
    """This process answers; nothing else is asked."""
    return Health()


@router.get("/readyz", responses=UNAVAILABLE_RESPONSES)
def ready() -> Health:
    """This process can serve: the database answers. The broker is not asked, because requests do not need it."""
    try:
        with engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception as error:
        raise NotReady from error
    return Health()


@router.get("/health/billing", responses=UNAVAILABLE_RESPONSES)
def billing() -> Health:
    """Subscriptions are billed: nothing that should have been decided waits, no run is held, and whoever watches that is awake.

    503 `billing_not_in_order` names the troubles: `deliveries_owed`, `run_held`, `watchdog_silent`, `beat_silent`, each with
    the number of stores. For a monitor outside: a dead scheduler cannot send an e-mail.
    """
    now, found = machine_now(), Counter[str]()
    with across_stores() as session:
        if billing_health.beat_is_silent(session, now):
            found["beat_silent"] = 1
    for store_id in stores.all_ids():
        with unit_of_work(store_id) as session:
            found.update(billing_health.troubles(session, now))
    if found:
        raise BillingNotInOrder(troubles=dict(found))
    return Health()
