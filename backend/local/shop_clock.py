"""The shop's test clock and who may move it: how the story gets through a fortnight in seconds."""

import base64
import json
import time
from dataclasses import dataclass
from datetime import datetime

import httpx2

from local.progress import say, step
from local.shop import Json, Shop, StoryFailed, check, successful
from local.wording import moment

MOVING_SECONDS = 240.0  # of the machine's time, for one advance: what a killed worker held is free after two minutes
PAUSE_SECONDS = 0.5
# A start that was killed holds the clock for a minute yet; a worker or the sandbox that died is back in a moment.
FOR_NOW = ("clock_is_moving", "nobody_works", "sandbox_away")


@dataclass(frozen=True)
class Admin:
    """A member of staff, from `.rozana/admin`."""

    email: str
    password: str


@dataclass
class ShopClock:
    """The store's own time. It is only ever moved forward: what was told earlier stays in the past."""

    staff: Shop
    admin: Admin
    store_id: str = ""

    def sign_in(self) -> None:
        """StoryFailed where the shop knows another password: its data are older than ours."""
        answer = self.staff.request("POST", "/sessions", json={"email": self.admin.email, "password": self.admin.password})
        check(
            answer.status_code != httpx2.codes.UNAUTHORIZED,
            f"{self.admin.email} is not let in with the password in .rozana/admin: give the right one by ROZANA_ADMIN_EMAIL "
            "and ROZANA_ADMIN_PASSWORD, or start over with scripts/run --fresh",
        )
        self.staff.token = successful(answer).json()["access_token"]
        self.store_id = _claims(self.staff.token)["store"]

    def now(self) -> datetime:
        return datetime.fromisoformat(self.staff.get(f"/test/clocks/{self.store_id}")["now"])

    def advance_to(self, at: datetime) -> None:
        """Live through everything that is due until then, as fast as the workers can; says where the clock is meanwhile."""
        with step(f"The shop's clock goes on to {moment(at)}"):
            self._advance(at)

    def settle(self) -> None:
        """Stay, and return when nothing is left to be done."""
        self._advance(self.now())

    def _advance(self, at: datetime) -> None:
        """A call goes on for some seconds, so a long way takes several."""
        deadline, said = time.monotonic() + MOVING_SECONDS, ""
        while told := self._step(at):
            check(time.monotonic() < deadline, f"the clock did not come to {moment(at)} in {MOVING_SECONDS:.0f} s: {told}")
            if told != said:
                say(f"  … {told}")
                said = told
            time.sleep(PAUSE_SECONDS)

    def _step(self, at: datetime) -> str:
        """One call; empty when the clock has arrived, else how it stands."""
        answer = self.staff.request("POST", f"/test/clocks/{self.store_id}/advance", json={"to": at.isoformat()})
        if not answer.is_success and answer.json().get("code") in FOR_NOW:
            return str(answer.json()["detail"])
        moved = successful(answer).json()
        return "" if moved["reached"] else f"it is {moment(datetime.fromisoformat(moved['now']))}"


def _claims(token: str) -> Json:
    """What a token says of its bearer; whether it is genuine is the shop's business."""
    try:
        payload = token.split(".")[1]
        claims: Json = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError) as error:
        raise StoryFailed(f"no token: {error}") from error
    return claims
