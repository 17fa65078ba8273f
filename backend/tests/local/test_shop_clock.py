"""Moving the shop's test clock: patience with whoever moves it already, and with workers that are away."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

import httpx2
import pytest

from local import shop_clock
from local.shop import Shop, StoryFailed
from local.shop_clock import Admin, ShopClock

STORE = "01a1fe60-fdd2-7218-bfc5-f2d60687c889"
CLAIMS = base64.urlsafe_b64encode(json.dumps({"store": STORE}).encode()).decode().rstrip("=")
MORNING = datetime(2026, 12, 4, 0, 30, tzinfo=UTC)
MOVING = (409, {"code": "clock_is_moving", "detail": "Somebody is moving this clock; come again when they have."})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ShopClock]:
    """A clock whose shop gives these answers, one a call; what it was asked for is in `asked`."""
    monkeypatch.setattr(shop_clock, "PAUSE_SECONDS", 0.0)

    def make(*answers: tuple[int, dict[str, object]], asked: list[httpx2.Request] | None = None) -> ShopClock:
        rest = iter(answers)

        def answer(request: httpx2.Request) -> httpx2.Response:
            if asked is not None:
                asked.append(request)
            status, body = next(rest)
            return httpx2.Response(status, json=body)

        http = httpx2.Client(base_url="http://shop/api/v1", transport=httpx2.MockTransport(answer))
        return ShopClock(Shop(http), Admin("admin@rozana.example", "a password"), STORE)

    return make


def moved(at: datetime, *, reached: bool) -> tuple[int, dict[str, object]]:
    return 200, {"now": at.isoformat(), "reached": reached}


def test_the_store_is_named_by_the_token_of_its_staff(clock: Callable[..., ShopClock]) -> None:
    signed_in = clock((201, {"access_token": f"head.{CLAIMS}.signature"}))
    signed_in.store_id = ""
    signed_in.sign_in()
    assert signed_in.store_id == STORE


def test_a_password_that_is_not_ours_says_what_to_do(clock: Callable[..., ShopClock]) -> None:
    with pytest.raises(StoryFailed, match="--fresh"):
        clock((401, {"code": "sign_in_failed"})).sign_in()


def test_a_long_way_takes_several_calls_to_the_same_instant(
    clock: Callable[..., ShopClock], capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[httpx2.Request] = []
    clock(MOVING, moved(MORNING, reached=False), moved(MORNING, reached=True), asked=asked).advance_to(MORNING)
    assert [json.loads(request.content) for request in asked] == [{"to": MORNING.isoformat()}] * 3
    said = capsys.readouterr().err
    assert "Somebody is moving this clock" in said
    assert "it is Fri 4 Dec, 06:00" in said


def test_what_no_waiting_mends_breaks_the_story(clock: Callable[..., ShopClock]) -> None:
    with pytest.raises(StoryFailed, match="clock_goes_forward_only"):
        clock((409, {"code": "clock_goes_forward_only"})).advance_to(MORNING)


def test_nobody_waits_for_ever(clock: Callable[..., ShopClock], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop_clock, "MOVING_SECONDS", 0.0)
    with pytest.raises(StoryFailed, match="did not come to Fri 4 Dec, 06:00"):
        clock(MOVING).advance_to(MORNING)
