"""The embedded Valkey, as its users meet it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.valkey import EmbeddedValkey


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(tmp_path / 'a "quoted" folder') as valkey:
        yield valkey


def client(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, decode_responses=True, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def test_queues_cannot_be_evicted_and_are_written_down(server: EmbeddedValkey) -> None:
    with client(server.url) as connection:
        settings = connection.config_get("maxmemory-policy", "appendonly")
    assert settings == {"maxmemory-policy": "noeviction", "appendonly": "yes"}


def test_a_password_is_asked_for_and_not_shown_to_other_users(server: EmbeddedValkey) -> None:
    password = server.url.split(":")[2].partition("@")[0]
    with client(server.url.replace(password, "wrong")) as connection, pytest.raises(exceptions.AuthenticationError):
        connection.ping()
    assert password not in Path(f"/proc/{server.pid}/cmdline").read_text()


def test_data_survives_a_kill_and_comes_back_at_the_same_address(server: EmbeddedValkey) -> None:
    url = server.url
    with client(url) as connection:
        connection.lpush("default", "a task")
    server.kill()
    assert not server.is_alive
    assert server.restart() == url
    with client(url) as connection:
        assert connection.lrange("default", 0, -1) == ["a task"]


def test_a_second_start_keeps_data_and_address(server: EmbeddedValkey, tmp_path: Path) -> None:
    with client(server.url) as connection:
        connection.set("kept", "yes")
    url = server.url
    server.stop()
    with EmbeddedValkey(tmp_path / 'a "quoted" folder') as again:
        assert again.url == url
        with client(url) as connection:
            assert connection.get("kept") == "yes"


def test_a_paused_server_is_silent_until_it_is_resumed(server: EmbeddedValkey) -> None:
    with client(server.url) as connection:
        connection.ping()
        server.pause()
        with pytest.raises(exceptions.TimeoutError):
            connection.ping()
        server.resume()
    with client(server.url) as connection:
        assert connection.ping()


def test_a_paused_server_can_be_stopped(server: EmbeddedValkey) -> None:
    server.pause()
    server.stop()
    assert not server.is_alive
