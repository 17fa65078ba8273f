"""What FastAPI cannot see of an operation, added to its OpenAPI document: who may call it, and with which headers.

Both are the door's affair, told by the policy table; a client made from the document would send neither token nor key.
"""

from typing import Any

from fastapi import FastAPI

from app.api.callers import ACCESS_COOKIE, CART_HEADER, CSRF_HEADER, SAFE_METHODS
from app.api.doors import KEY_HEADER, MAX_KEY_LENGTH
from app.api.policy import POLICY, Policy

SCHEMES: dict[str, dict[str, str]] = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "What sign-in answers to an app"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": ACCESS_COOKIE, "description": "What sign-in gives to a browser"},
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": CSRF_HEADER,
        "description": "With a cookie, every write also says the `csrf_token` that came with it",
    },
    "cart": {"type": "apiKey", "in": "header", "name": CART_HEADER, "description": "A guest's cart is whose token it is"},
}
KEY_PARAMETER: dict[str, Any] = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH},
    "description": "A repeat with the same key gets the same answer; a fresh one for each thing you want. "
    "Where the description says that a key is needed, a request without one is refused.",
}


def complete(app: FastAPI) -> None:
    """From now on the app's document has it; made when somebody asks for it, as FastAPI's own is."""
    plain = app.openapi

    def whole() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()  # which FastAPI keeps
            _add_access(document)
            _add_nulls(document["components"]["schemas"])
        return plain()

    app.openapi = whole  # type: ignore[method-assign]


def _add_access(document: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            policy, is_write = POLICY[(method.upper(), path)], method.upper() not in SAFE_METHODS
            operation["security"] = _security(policy, is_write)
            if is_write and policy.reads_token:
                operation.setdefault("parameters", []).append(KEY_PARAMETER)


def _security(policy: Policy, is_write: bool) -> list[dict[str, list[str]]]:
    """The ways of which one is enough; the empty one is: none."""
    if not policy.reads_token:
        return [{}]
    ways: list[dict[str, list[str]]] = [{"token": []}, {"cookie": [], "csrf": []} if is_write else {"cookie": []}]
    return [*ways, {"cart": []}, {}] if policy.audience == "shopper" else ways


def _add_nulls(schemas: dict[str, Any]) -> None:
    """FastAPI drops every null from the examples: members that are always there, though null, come back."""

    def fill(example: Any, schema: dict[str, Any]) -> None:
        for one in (schema, *schema.get("anyOf", ())):
            shape = schemas[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for element in example if isinstance(example, list) else ():
                fill(element, shape.get("items", {}))
            for name, member in shape.get("properties", {}).items() if isinstance(example, dict) else ():
                if name in shape.get("required", ()):
                    example.setdefault(name, None)
                fill(example.get(name), member)

    for schema in schemas.values():
        for example in schema.get("examples", ()):
            fill(example, schema)
