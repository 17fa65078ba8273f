"""The process: how it starts, what it refuses, and that a kill loses nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from sandbox.main import ForbiddenInProduction, create_app
from sandbox.webhooks.signing import new_signing_key, public_key
from tests.sandbox.polling import DEADLINE_SECONDS, eventually
from tests.sandbox.receiver import Receiver
from tests.sandbox.world import World

BACKEND = Path(__file__).parents[2]


@contextmanager
def started(state: Path, *options: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    command = [sys.executable, "-W", "error", "-m", "sandbox", "--port", "0", "--state", str(state), *options]
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "ENVIRONMENT": "test"}
    with subprocess.Popen(command, cwd=BACKEND, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()
            process.wait(DEADLINE_SECONDS)


def test_it_prints_its_url_serves_and_stops_when_asked(tmp_path: Path) -> None:
    with started(tmp_path / "deep" / "state.sqlite") as (url, process):
        assert url.startswith("http://127.0.0.1:")
        assert httpx2.get(url, trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_SECONDS) in (0, -signal.SIGTERM)


def test_it_stops_although_a_fault_keeps_a_call_waiting(tmp_path: Path, receiver: Receiver) -> None:
    with started(tmp_path / "state.sqlite") as (url, process):
        world = World(url, receiver)
        world.fault("unknown", "timeout_before_effect", account="*")
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port or 0), timeout=DEADLINE_SECONDS) as caller:
            caller.sendall(b"GET /v1/anything HTTP/1.1\r\nHost: sandbox\r\n\r\n")
            eventually(lambda: world.get("/control/calls", operation="unknown"))
            process.send_signal(signal.SIGTERM)
            assert caller.recv(1) == b""  # cut, not answered
        world.close()
        process.wait(DEADLINE_SECONDS)


def test_a_config_declares_accounts(tmp_path: Path, receiver: Receiver) -> None:
    key = new_signing_key()
    config: dict[str, Any] = {
        "razorpay": [{"key_id": "rzp_test_1", "key_secret": "s", "name": "Shop",
                      "webhooks": [{"url": f"{receiver.url}/rzp", "secret": "w"}]}],
        "twilio": [{"account_sid": "AC1", "auth_token": "t"}],
        "sendgrid": [{"api_key": "SG.one.two", "event_webhook_url": f"{receiver.url}/sg", "signing_key_pem": key}],
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    with started(tmp_path / "state.sqlite", "--config", str(tmp_path / "config.json")) as (url, _):
        http = httpx2.Client(base_url=url, trust_env=False)
        order = http.post("/v1/orders", auth=("rzp_test_1", "s"), json={"amount": 100, "currency": "INR"}).json()
        assert order["status"] == "created"
        assert http.get("/2010-04-01/Accounts/AC1/Messages.json", auth=("AC1", "t")).json()["messages"] == []
        account = http.get("/control/sendgrid/accounts", params={"api_key": "SG.one.two"}).json()
        assert account == {"id": "one", "event_webhook_url": f"{receiver.url}/sg", "public_key": public_key(key)}
        http.close()


def test_a_wrong_config_is_named_and_nothing_starts(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"razorpy": []}', encoding="utf-8")
    with started(tmp_path / "state.sqlite", "--config", str(tmp_path / "config.json")) as (url, process):
        assert url == ""
        assert process.wait(DEADLINE_SECONDS) == 1


def test_a_kill_loses_no_order_and_no_webhook(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "state.sqlite"
    receiver.silent.set()
    with started(state) as (url, process):
        world = World(url, receiver)
        order = world.order()
        world.pay(order["id"])
        receiver.wait(3)  # all three are under way, none is acknowledged
        process.kill()
        process.wait(DEADLINE_SECONDS)
        world.close()
    receiver.silent.clear()
    with started(state) as (url, _):
        again = World(url, receiver, world.tag)
        receiver.wait(6)
        assert len({one.event_id for one in receiver.received}) == 3
        assert again.razorpay.order.fetch(order["id"])["status"] == "paid"
        assert again.public_key == world.public_key
        again.close()


def test_it_never_runs_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    with pytest.raises(ForbiddenInProduction):
        create_app(tmp_path / "state.sqlite")
    assert not (tmp_path / "state.sqlite").exists()
