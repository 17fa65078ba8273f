"""/: what this is and where to look."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox.box import TheBox
from sandbox.rendering import render

router = APIRouter(include_in_schema=False)

COUNTS = {
    "messages": "SELECT count(*) FROM messages",
    "payments": "SELECT count(*) FROM entities WHERE kind = 'payment'",
    "mandates": "SELECT count(*) FROM entities WHERE kind = 'token'",
    "calls": "SELECT count(*) FROM calls",
    "waiting": "SELECT count(*) FROM deliveries WHERE state IN ('due', 'sending', 'held')",
}


@router.get("/control")
def control_api(request: Request) -> Response:
    """The control API in one page, from its own description."""
    described = request.app.openapi()["paths"]
    groups: dict[str, list[dict[str, str]]] = {}
    for path, methods in described.items():
        for method, facts in methods.items():
            line = {"method": method.upper(), "path": path, "promise": facts.get("description") or facts["summary"]}
            groups.setdefault(facts["tags"][0], []).append(line)
    return render(request, "control.html", groups=groups)


@router.get("/")
def index(request: Request, box: TheBox) -> Response:
    with box.store.transaction() as db:
        counts = {name: db.execute(query).fetchone()[0] for name, query in COUNTS.items()}
    return render(request, "index.html", counts=counts)
