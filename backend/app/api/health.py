"""Is it alive, and can it serve?"""

from typing import Literal

from pydantic import BaseModel
from sqlalchemy import text

from app.api.problems import UNAVAILABLE_RESPONSES
from app.api.routing import Router
from app.core.db import engine
from app.core.errors import Refusal

router = Router(tags=["health"])


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class NotReady(Refusal):
    """The database cannot be reached."""

    status, code = 503, "not_ready"


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
