"""A member of staff who moves a store's test clock, as often as it takes."""

from datetime import datetime
from typing import Any

import httpx2

from app.core.ids import new_id
from app.core.security import sign_jwt
from app.stores.models import Store
from tests.workers import eventually

STARTING = "nobody_works"  # a worker takes a few seconds to start


def staff(store: Store, role: str = "admin", kind: str = "staff") -> dict[str, str]:
    claims = {"sub": str(new_id()), "kind": kind, "role": role, "store": str(store.id), "sid": str(new_id())}
    return {"Authorization": f"Bearer {sign_jwt(claims, seconds=3600)}"}


class Clock:
    """A store's clock at the API's own socket, where the sandbox's webhooks arrive too."""

    def __init__(self, store: Store, api_url: str) -> None:
        self.url = f"{api_url}/api/v1/test/clocks/{store.id}"
        self.headers = {**staff(store), "Host": store.host or ""}

    def look(self) -> dict[str, Any]:
        answer = httpx2.get(self.url, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def now(self) -> datetime:
        return datetime.fromisoformat(self.look()["now"])

    def ask(self, **body: Any) -> httpx2.Response:
        """One call."""
        return httpx2.post(f"{self.url}/advance", json=body, headers=self.headers, timeout=60)

    def advance(self, to: datetime, seconds: float = 100) -> list[datetime]:
        """Call until it is there; where it stopped on the way."""
        visited: list[datetime] = []

        def arrives() -> bool:
            answer = self.ask(to=to.isoformat())
            if answer.status_code == 503 and answer.json()["code"] == STARTING:
                return False
            assert answer.status_code == 200, answer.text
            visited.extend(map(datetime.fromisoformat, answer.json()["visited"]))
            return bool(answer.json()["reached"])

        eventually(arrives, seconds)
        return visited
