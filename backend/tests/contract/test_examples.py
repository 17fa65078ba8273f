"""AC-44's last sentence: the examples of the OpenAPI document are executed."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import requests

from app.api.callers import Caller
from app.api.doors import KEY_HEADER
from app.api.policy import POLICY
from app.core.errors import Refusal
from app.core.ids import new_id
from app.main import app
from tests.contract.household import Household
from tests.contract.test_contract import MOVES_TIME, SLICE, check
from tests.subscribing import days, today

DOCUMENT = app.openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
ABOUT_THE_SHAPE = {"invalid", "json_invalid"}


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation that takes JSON, with the schema of its body."""
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if body := operation.get("requestBody", {}).get("content", {}).get("application/json"):
                yield method.upper(), path, resolve(body["schema"])


def requests_shown() -> Iterator[Any]:
    for method, path, schema in bodies():
        for number, example in enumerate(schema.get("examples", ())):
            if path != MOVES_TIME:
                yield pytest.param(method, path, example, id=f"{method} {path} {number}")


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema it is, or may be: a body that may be left out is one of two."""
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            found: dict[str, Any] = SCHEMAS[one["$ref"].rpartition("/")[2]]
            return found
    return schema


def test_every_body_is_shown_by_an_example() -> None:
    assert [f"{method} {path}" for method, path, schema in bodies() if not schema.get("examples")] == []


@pytest.mark.parametrize("name", sorted(name for name, schema in SCHEMAS.items() if "examples" in schema))
def test_ac44_every_example_is_what_its_schema_says(name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    is_valid = jsonschema_rs.validator_for(schema)
    for example in SCHEMAS[name]["examples"]:
        assert list(is_valid.iter_errors(example)) == [], json.dumps(example)


@pytest.mark.parametrize(("method", "path", "example"), list(requests_shown()))
def test_ac44_every_example_of_a_request_is_taken(
    method: str, path: str, example: dict[str, Any], household: Household, wire: requests.Session, live_api: str
) -> None:
    """Done, or refused by a rule of the shop (a wrong code, a cart that is empty): never for how it is written."""
    chance = random.Random(path)
    in_a_week = (today(household.store) + days(7)).isoformat()
    made_up = {name: in_a_week if name.endswith("_on") else str(new_id()) for name in re.findall(r"\{(\w+)\}", path)}
    caller = caller_of(method, path)
    example = household.settle_in(caller, example, chance, 1)
    ids = household.settle_in(caller, made_up, chance, 1)
    headers = {"Host": str(household.store.host), KEY_HEADER: str(new_id()), **household.callers[caller]}
    case = SLICE[path][method].Case(path_parameters=ids, body=example, media_type="application/json")
    answer = case.call(base_url=live_api, session=wire, headers=headers)
    check(case, answer)
    assert answer.status_code < 400 or answer.json()["code"] not in ABOUT_THE_SHAPE, answer.text


def caller_of(method: str, path: str) -> str:
    """Whom the policy lets in."""
    try:
        POLICY[(method, path)].check(Caller("customer"))
    except Refusal:
        return "admin"
    return "customer"
