"""The door: who comes to which store and when, and one unit of work. Every endpoint takes a `Visit` or a `Door`.

def add_address(door: OpenDoor, body: AddressIn) -> AddressOut:          # parse, authorise and open: done by the parameter
    return door.once(lambda: AddressOut.of(service.add_address(door.session, …)))   # call one service function, render
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from fastapi import Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app.api.callers import Caller, read_caller, read_guest
from app.api.policy import POLICY
from app.core import clock
from app.core.actor import Actor
from app.core.config import settings
from app.core.errors import Invalid, NotFound
from app.idempotency import service as idempotency
from app.idempotency.errors import KeyMissing
from app.stores import service as stores
from app.stores.service import StoreFacts

T = TypeVar("T")
MAX_KEY_LENGTH = 255
KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True)
class Visit:
    """A caller at a store's door, allowed to call this route. No transaction is open."""

    store: StoreFacts
    caller: Caller
    idempotency_key: str | None
    fingerprint: str

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    @property
    def now(self) -> datetime:
        return clock.now(self.store)

    @property
    def today(self) -> date:
        return clock.today(self.store)

    @property
    def customer_id(self) -> UUID:
        """The signed-in customer; staff see through `owner_id`."""
        if self.caller.kind != "customer" or self.caller.id is None:
            raise NotFound
        return self.caller.id

    @property
    def is_staff(self) -> bool:
        return self.caller.kind == "staff"

    @property
    def owner_id(self) -> UUID | None:
        """Whose rows a query may return: the customer's own, or everybody's (None) for staff, whom the policy let in."""
        return None if self.caller.kind == "staff" else self.customer_id

    def require_key(self) -> str:
        if self.idempotency_key is None:
            raise KeyMissing
        return self.idempotency_key


@dataclass(frozen=True)
class Door(Visit):
    """A visit with a unit of work, committed before the answer is sent and rolled back on any refusal."""

    session: Session

    def once(self, produce: Callable[[], T], status: int = 200) -> T:
        """`produce()` at most once per Idempotency-Key; a repeat is given the first answer. No key: just `produce()`."""
        if self.idempotency_key is None:
            return produce()
        begun = idempotency.begin(self.session, self.caller.key, self.idempotency_key, self.fingerprint, clock.machine_now())
        if isinstance(begun, idempotency.Answer):
            return cast(T, replay(begun))
        result = produce()
        body = result.model_dump(mode="json") if isinstance(result, BaseModel) else {}
        idempotency.complete(self.session, begun.row, idempotency.Answer(status, body))
        return result


def replay(answer: idempotency.Answer) -> JSONResponse:
    """The kept answer, marked as a repeat."""
    return JSONResponse(answer.body, answer.status, headers={"Idempotent-Replay": "true"})


async def _fingerprint(request: Request) -> str:
    """What a key stands for. A form was read as one before, and no route that takes a form takes keys."""
    is_form = request.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/form-data"))
    return idempotency.fingerprint(request.method, request.url.path, b"" if is_form else await request.body())


async def _visit(request: Request) -> Visit:
    """Nothing here waits for anything but the body, so no thread is taken for it, except to look up a store."""
    host, fingerprint = host_of(request), await _fingerprint(request)
    store = stores.remembered(host)
    if store is None:
        store = await run_in_threadpool(stores.find, host)
    policy, ip = POLICY[(request.method, request.scope["route"].path)], client_ip(request)
    caller = read_caller(request, store, ip) if policy.reads_token else read_guest(request, ip)
    policy.check(caller)
    key = request.headers.get(KEY_HEADER)
    if key is not None and not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid(f"{KEY_HEADER} must have 1 to {MAX_KEY_LENGTH} characters", field=KEY_HEADER)
    return Visit(store, caller, key, fingerprint)


OpenVisit = Annotated[Visit, Depends(_visit)]
OpenDoor = Annotated[Door, Depends(_visit)]  # a visit, of which the route makes the door, in the endpoint's own thread


def host_of(request: Request) -> str:
    return (request.url.hostname or "").lower()


def client_ip(request: Request) -> str:
    """The caller's address; behind `TRUSTED_PROXIES` proxies the one the outermost of them saw, never what a client claims."""
    claims = ",".join(request.headers.getlist("x-forwarded-for"))  # some proxies add a line of their own below the client's
    forwarded: list[str] = [part.strip() for part in claims.split(",") if part.strip()]
    if settings.trusted_proxies and len(forwarded) >= settings.trusted_proxies:
        return forwarded[-settings.trusted_proxies][:45]
    client: Any = request.client
    return str(client.host)[:45] if client else ""
