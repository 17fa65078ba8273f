"""Every error as a problem document (RFC 9457): `type`, `title`, `status`, `detail`, a stable `code`, and what would help."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.accounts.errors import RefreshInvalid
from app.api import session_cookies
from app.api.callers import REFRESH_COOKIE
from app.api.edge import SAFETY_HEADERS
from app.api.policy import methods_of
from app.core.errors import LeaseLost, Refusal
from app.core.logging import get_logger, request_id

log = get_logger(__name__)
HTTP_CODES = {400: "body_unreadable", 404: "no_such_route", 413: "body_too_large"}  # where Python's names say less or differ
MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20  # a body of a megabyte can be wrong in a hundred thousand places
MAX_FIELD_LENGTH = 200  # of a name that the caller made up


class FieldError(BaseModel):
    """Which part of the request is wrong (a JSON pointer) and why."""

    field: str
    detail: str


class Problem(BaseModel):
    """What went wrong, for people (`detail`) and for programs (`code`). More members say what would be allowed instead."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str = ""
    errors: list[FieldError] | None = None


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **facts: Any) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id.get(),
        **facts,
    }
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def _refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for it
    wait = error.facts.get("retry_after_seconds")
    headers = {"Retry-After": str(wait)} if wait else None
    answer = problem(error.status, error.code, error.detail, headers, **error.facts)
    if isinstance(error, RefreshInvalid) and REFRESH_COOKIE in request.cookies:
        # its cookies are worth nothing any more: the browser is a guest again. A form of another site comes without
        # them, and must not sign anybody out.
        session_cookies.take_back(answer)
    return answer


def _busy(_: Request, error: Exception) -> JSONResponse:
    """The caller took so long that somebody else took the work over; nothing of it was written, a repeat finds it done."""
    log.warning("lease_lost", row=str(error))
    return problem(503, "taken_over", "This took too long and was taken over; repeat the request.", {"Retry-After": "1"})


def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()[:MAX_ERRORS]
    errors = [
        {"field": ("/" + "/".join(str(part) for part in item["loc"][1:]))[:MAX_FIELD_LENGTH], "detail": item["msg"]}
        for item in found
    ]
    broken = any(item["type"] == "json_invalid" for item in found)
    status, code = (400, "json_invalid") if broken else (422, "invalid")
    return problem(status, code, "; ".join(f"{e['field']}: {e['detail']}" for e in errors[:5]), errors=errors)


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code, headers = HTTP_CODES.get(error.status_code) or HTTPStatus(error.status_code).name.lower(), dict(error.headers or {})
    if allowed := methods_of(getattr(request.scope.get("route"), "path", "")):
        headers |= {"Allow": ", ".join(allowed)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else {}
    return problem(error.status_code, code, str(error.detail), headers)


def _database_busy(request: Request, error: Exception) -> JSONResponse:
    """A deadlock, a lock held too long, no connection left, a database that restarts: all was rolled back, a repeat is safe."""
    cause = type(error.orig if isinstance(error, OperationalError) else error).__name__
    log.error("database_busy", method=request.method, path=request.url.path, cause=cause)
    return problem(503, "database_busy", "The database is busy; nothing was changed, repeat the request.", {"Retry-After": "1"})


def _crash(request: Request, error: Exception) -> JSONResponse:
    log.error("request_failed", method=request.method, path=request.url.path, exc_info=error)
    headers = {**SAFETY_HEADERS, "X-Request-Id": request_id.get()}  # Starlette answers this one outside of the edge
    return problem(500, "internal_error", "Something broke on our side; it is logged under this request id.", headers)


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(LeaseLost, _busy)
    app.add_exception_handler(OperationalError, _database_busy)
    app.add_exception_handler(PoolTimeout, _database_busy)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _crash)


def _schema() -> dict[str, Any]:
    """Whole in itself: inside an OpenAPI document a reference to its own definitions would lead nowhere."""
    schema = Problem.model_json_schema()
    schema["properties"]["errors"]["anyOf"][0]["items"] = schema.pop("$defs")["FieldError"]
    return schema


Responses = dict[int | str, dict[str, Any]]


def _answered(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": _schema()}}}


PROBLEM_RESPONSES: Responses = {"4XX": _answered("Refused; nothing changed")}
UNAVAILABLE_RESPONSES: Responses = {503: _answered("Not now; `Retry-After` says when, where that is known")}
PROVIDER_RESPONSES: Responses = {  # of whatever asks a provider while the caller waits
    502: _answered("The provider refused for good"),
    503: _answered("The provider cannot be asked, or has not answered: what was begun stands, a repeat finishes it"),
}
