"""A process that takes one step with the provider and dies in the middle of it.

`python -m tests.faults.dying STEP STORE ROW POINT` is the production step, with a kill -9 of its own at the point that is asked
for.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import requests
from sqlalchemy.orm import Session

from app.tasks import debiting, payments

POINTS = ("before the claim", "before the call", "after the call", "before the record", "after the record")
STEPS: dict[str, Callable[[UUID, UUID], object]] = {
    "debit": debiting.send,
    "refund": payments.send,
    "order": payments.start,
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def prepare(point: str) -> None:
    """Commit 1 is the claim, commit 2 the record of what the call came to."""
    commit, send, commits = Session.commit, requests.Session.send, [0]

    def dying_commit(self: Session) -> None:
        commits[0] += 1
        if (point, commits[0]) in (("before the claim", 1), ("before the record", 2)):
            die()
        commit(self)
        if (point, commits[0]) == ("after the record", 2):
            die()

    def dying_send(self: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        if point == "before the call":
            die()
        response = send(self, *args, **kwargs)
        if point == "after the call":
            die()
        return response

    Session.commit = dying_commit  # type: ignore[method-assign]
    requests.Session.send = dying_send  # type: ignore[method-assign]


if __name__ == "__main__":
    step, store_id, row_id, at = sys.argv[1:]
    prepare(at)
    STEPS[step](UUID(store_id), UUID(row_id))
