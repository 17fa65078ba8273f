"""Pages: Jinja2 with escaping always on, no external assets, scripts only with this answer's nonce."""

import secrets
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, Response

INDIA = timezone(timedelta(hours=5, minutes=30))

templates = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def render(request: Request, name: str, status: int = 200, **facts: Any) -> Response:
    nonce = secrets.token_urlsafe(12)
    page = templates.get_template(name).render(nonce=nonce, path=request.url.path, **facts)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; img-src data:; frame-src 'self'"
    return HTMLResponse(
        page, status, headers={"Content-Security-Policy": policy, "Referrer-Policy": "origin", "Cache-Control": "no-store"}
    )


def rupees(paise: int) -> str:
    """₹1,23,456.50: grouped as in India."""
    whole, rest = divmod(abs(paise), 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    groups: list[str] = []
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return f"{'-' if paise < 0 else ''}₹{','.join([*groups, tail])}" + (f".{rest:02d}" if rest else "")


def instant(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, INDIA).strftime("%d %b %Y, %H:%M:%S")


def day(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, INDIA).strftime("%-d %b %Y")


def safe_url(url: str | None) -> str | None:
    """Only web addresses may become links or form targets: `javascript:` and the like are dropped."""
    return url if url and urlsplit(url).scheme in ("http", "https") else None


templates.filters.update(rupees=rupees, instant=instant, day=day)
