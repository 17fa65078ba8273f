"""The least a FastAPI application does to keep an event: read the body, one INSERT in a store's transaction, answer.

A route of the same kind as ours (a plain `def`, its body read by a dependency), the same pool, role, row and indexes. Served
like ours: `uvicorn benchmarks.bare:app`.
"""

import os
from typing import Annotated

from fastapi import Depends, FastAPI
from starlette.requests import Request

from app.core.config import settings
from app.core.db import make_engine
from app.core.ids import new_id

app = FastAPI()
engine = make_engine(settings.database_url, settings.db_pool_size)

STORE, ACCOUNT = os.environ.get("BENCH_STORE", ""), os.environ.get("BENCH_ACCOUNT", "")
ENTER = "SELECT set_config('app.store_id', %(store)s, true)"
KEEP = """
INSERT INTO provider_events
    (store_id, id, created_at, account_id, provider, event_id, event_type, headers, body, outcome, work_status, attempts,
     next_attempt_at, claimed_alone, is_suspect, lost_leases, call_outcome_unknown)
VALUES (%(store)s, %(id)s, now(), %(account)s, 'razorpay', %(event_id)s, 'payment.captured', '{}', %(body)s, '', 'queued', 0,
        app_now(), false, false, 0, false)
ON CONFLICT DO NOTHING
"""


async def raw_body(request: Request) -> bytes:
    return await request.body()


@app.get("/readyz")
def is_ready() -> dict[str, str]:
    return {}


@app.post("/events")
def keep(request: Request, body: Annotated[bytes, Depends(raw_body)]) -> dict[str, bool]:
    """No signature, no account, no duplicate: only what cannot be left out."""
    values = {"store": STORE, "id": new_id(), "account": ACCOUNT, "body": body}
    with engine.begin() as connection:
        connection.exec_driver_sql(ENTER, {"store": STORE})
        connection.exec_driver_sql(KEEP, values | {"event_id": request.headers["x-razorpay-event-id"]})
    return {"duplicate": False}
