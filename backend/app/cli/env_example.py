"""`rozana env-example`: the file `.env.example`, made from Settings so that it never tells of what is not there."""

from collections.abc import Iterator

import typer
from pydantic.fields import FieldInfo

from app.core.checks.configuration import PLACEHOLDER
from app.core.config import Settings

HEADING = """\
Rozana's settings, all of them. Copy this file to .env and change what differs; `rozana doctor` says what is missing.
A line with a # in front shows the default, the form or nothing: scripts/run fills it in for development, you in production.
Stronger than this file: the process environment. Weaker: .rozana/env, which scripts/run writes, then the defaults.
A new secret: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'
Made by `rozana env-example`; change the descriptions in backend/app/core/config.py."""
SECRETS = ("secret_key", "encryption_key")
# Copying this file must not switch a container to development, nor take the sandbox's inbox from scripts/run.
LEFT_OPEN = ("environment", "email_provider", "sms_provider")
FORMS = {
    "database_url": "postgresql://rozana:password@localhost:5432/rozana",
    "redis_url": "redis://localhost:6379/0",
    "frontend_url": "https://shop.example",
    "backend_url": "https://api.shop.example",
    "flower_basic_auth": "",
} | dict.fromkeys(SECRETS, PLACEHOLDER)
CONTAINERS = {
    "POSTGRES_PASSWORD": ("Of the role rozana; letters and digits, because it becomes part of an address", ""),
    "API_PORT": ("Where the API listens on this machine", "8000"),
    "MONITOR_PORT": ("Where Flower listens on this machine (profile monitor)", "5555"),
    "ROZANA_ENV_FILE": ("Another file of settings for the containers", ".env"),
}


def env_example() -> None:
    """Print the file `.env.example`."""
    typer.echo(render(), nl=False)


def render() -> str:
    lines = [*_comment(HEADING.splitlines())]
    group = ""
    for name, field in Settings.model_fields.items():
        if (named := _group(field)) != group:
            group = named
            lines += ["", *_comment([f"{group}:"])]
        lines += _entry(name, field)
    lines += ["", *_comment(["Containers (docker-compose.yml only):"])]
    for name, (description, default) in CONTAINERS.items():
        lines += [*_comment([description]), f"# {name}={default}"]
    return "\n".join(lines) + "\n"


def _entry(name: str, field: FieldInfo) -> Iterator[str]:
    if field.description:
        yield from _comment([field.description])
    default = _written(field.default)
    is_left_open = not default or name in LEFT_OPEN
    yield f"{'# ' if is_left_open else ''}{name.upper()}={default or FORMS.get(name, '')}"


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, list):
        return ",".join(default)
    return str(default)


def _group(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra["group"]) if isinstance(extra, dict) else ""


def _comment(lines: list[str]) -> list[str]:
    return [f"# {line}" for line in lines]
