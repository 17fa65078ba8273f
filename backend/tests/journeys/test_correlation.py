"""One id runs from the request through the task to everything both of them write."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.audit.models import AuditEntry
from tests.sandbox_control import Sandbox
from tests.workers import Worker, eventually

UnitOfWork = Callable[[], AbstractContextManager[Session]]
REQUEST = "request-4711"


def test_what_a_request_causes_carries_its_id_from_the_api_to_the_worker(
    client: TestClient, uow: UnitOfWork, worker: Worker, sandbox: Sandbox
) -> None:
    answer = client.post("/api/v1/otp", json={"phone": "+919876543210"}, headers={"X-Request-Id": REQUEST})
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (202, REQUEST)

    def sent() -> AuditEntry | None:
        with uow() as session:
            return session.exec(select(AuditEntry).where(AuditEntry.action == "message.sent")).one_or_none()

    entry = eventually(sent, 60, "the worker sends the code")
    assert entry is not None
    assert entry.request_id == REQUEST, "the worker's entry"
    with uow() as session:
        assert session.exec(select(AuditEntry.request_id).where(AuditEntry.action == "code.sent")).all() == [REQUEST]
    assert len(sandbox.inbox(to="+919876543210")) == 1


def test_an_id_that_would_do_harm_in_a_log_is_replaced(client: TestClient) -> None:
    for harmful in ("x", "a" * 65, 'quoted"line', "with space", "new%0aline"):
        answer = client.get("/healthz", headers={"X-Request-Id": harmful})
        assert answer.headers["X-Request-Id"] != harmful
        assert len(answer.headers["X-Request-Id"]) == 36
