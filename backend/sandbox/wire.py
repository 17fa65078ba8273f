"""The way of every provider call: record it, suffer a fault, authenticate, do it, answer.

A provider module makes one `Wire` and registers its operations on it; an operation is a plain function of a `Work`, runs
inside one SQLite transaction, and either returns a response or raises `Refused` (then nothing it did is kept).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from sandbox import accounts, calls, clock, faults
from sandbox.answers import BAD_GATEWAY, GATEWAY_TIMEOUT, WELCOME, Delayed, Dropped
from sandbox.box import Box, box_of
from sandbox.calls import Call
from sandbox.faults import Fault, Ordered
from sandbox.store import Db


class Refused(Exception):
    """The provider's own error answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


@dataclass(frozen=True)
class Work:
    """One authenticated call, inside its transaction. `now` is the account's clock, Unix seconds."""

    db: Db
    account: accounts.Account
    call: Call
    now: int


Operation = Callable[[Work], Response]


class Provider(Protocol):
    """What differs between providers on the way in and out."""

    name: str

    def credentials(self, request: Request) -> tuple[str, str]:
        """Account and secret as claimed; empty strings when there are none."""

    def parse(self, raw: bytes) -> Any:
        """The body, or None when it is empty or unreadable."""

    def error(self, fault: Fault, operation: str, code: str | None) -> Response:
        """How this provider words rate_limited, conflict, error_without_code, unauthorised and rejected."""


OPERATIONS: set[str] = set()  # every operation of every provider, by name


class Wire:
    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.router = APIRouter(include_in_schema=False)

    def operation(self, name: str, method: str, path: str) -> Callable[[Operation], Operation]:
        OPERATIONS.add(name)

        def register(function: Operation) -> Operation:
            async def endpoint(request: Request) -> Response:
                call = await self._read(request, name)
                return await run_in_threadpool(self._answer, box_of(request), call, function)

            self.router.add_api_route(path, endpoint, methods=[method], name=name)
            return function

        return register

    async def _read(self, request: Request, name: str) -> Call:
        raw = await request.body()
        headers = dict(request.headers)
        account, secret = self.provider.credentials(request)
        return Call(
            name,
            account,
            secret,
            request.method,
            request.url.path,
            dict(request.path_params),
            dict(request.query_params),
            headers,
            self.provider.parse(raw),
            raw,
        )

    def _answer(self, box: Box, call: Call, function: Operation) -> Response:
        with box.transaction() as db:
            seq = calls.begin(db, call)
            fault = faults.take(db, call.account, call.operation)
        if fault is None:
            response = self._take_effect(box, call, function)
            status: int | None = response.status_code
        else:
            true_answer = self._take_effect(box, call, function) if fault.after_effect else None
            response = self._spoilt(fault, call, true_answer)
            status = None if isinstance(response, Delayed | Dropped) else response.status_code
        with box.transaction() as db:
            calls.end(db, seq, status, fault.fault if fault else None)
        return response

    def _take_effect(self, box: Box, call: Call, function: Operation) -> Response:
        try:
            with box.transaction() as db:
                account = accounts.find(db, self.provider.name, call.account)
                if account is None or account.secret != call.secret:
                    raise Refused(self.provider.error(Fault.UNAUTHORISED, call.operation, None))
                return function(Work(db, account, call, clock.now(db, call.account)))
        except Refused as refusal:
            return refusal.response

    def _spoilt(self, ordered: Ordered, call: Call, true_answer: Response | None) -> Response:
        match ordered.fault:
            case Fault.TIMEOUT_AFTER_EFFECT | Fault.TIMEOUT_BEFORE_EFFECT:
                return Delayed(true_answer or HTMLResponse(GATEWAY_TIMEOUT, 504), ordered.seconds)
            case Fault.CONNECTION_RESET:
                return Dropped()
            case Fault.BAD_GATEWAY_HTML:
                return HTMLResponse(BAD_GATEWAY, 502)
            case Fault.NOT_JSON:
                return HTMLResponse(WELCOME)
            case fault:
                return self.provider.error(fault, call.operation, ordered.code)
