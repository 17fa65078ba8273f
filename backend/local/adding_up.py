"""The end: the shop's books, its stock and its orders are held against one another."""

import json

from local import stack
from local.paths import PYTHON
from local.progress import step
from local.scene import Scene, Seen
from local.shop import Json, StoryFailed


def check_books(scene: Scene) -> Seen:
    """`rozana check`, which looks for whatever does not add up, finds nothing."""
    scene.clock.settle()  # a refund that is under way is nothing wrong, and not all there either
    with step("Running rozana check"):
        found = _found(stack.run_command("check", [PYTHON, "-m", "app.cli.main", "check", "--json"], tolerant=True))
    findings = [finding for store in found["stores"] for finding in store["findings"]]
    if findings:
        raise StoryFailed("; ".join(f"{finding['check']}: {finding['what']}" for finding in findings))
    facts = {"checks": found["checks"], "findings": 0}
    return Seen(facts, [f"rozana check: {found['checks']} checks of money, stock and orders, and nothing found"])


def _found(said: str) -> Json:
    """The one object among whatever else a command says."""
    begin = said.find("{\n")
    if begin < 0:
        raise StoryFailed(f"rozana check told nothing: {said[-500:]}")
    found: Json
    found, _ = json.JSONDecoder().raw_decode(said[begin:])
    return found
