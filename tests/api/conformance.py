"""Every reply any test gets is held against the OpenAPI document: its status is declared, its body fits the schema,
and it carries no field that the document does not name."""

import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from litestar import Litestar

METHODS = ("get", "post", "put", "patch", "delete")


class Conformance:
    """The document of one application, ready to check replies."""

    def __init__(self, app: Litestar) -> None:
        self.document: dict[str, Any] = app.openapi_schema.to_schema()
        self.schemas = {name: closed(schema) for name, schema in self.document["components"].get("schemas", {}).items()}
        self.routes: list[tuple[str, re.Pattern[str], dict[str, Any]]] = []
        # A fixed path before one with a parameter in the same place.
        for path in sorted(self.document["paths"], key=lambda p: p.replace("{", "\uffff")):
            pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$")
            for method, operation in self.document["paths"][path].items():
                if method in METHODS:
                    self.routes.append((method, pattern, operation))

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        path = re.sub(r"^/api/v[12]/", "/api/", path)
        for known, pattern, operation in self.routes:
            if known == method.lower() and pattern.match(path):
                return operation
        return None

    async def check(self, response: httpx.Response) -> None:
        """An httpx response hook."""
        operation = self.operation(response.request.method, response.request.url.path)
        if operation is None:
            return
        what = f"{response.request.method} {response.request.url.path} -> {response.status_code}"
        declared = operation["responses"].get(str(response.status_code))
        await response.aread()
        assert declared is not None, f"{what} is not declared: {response.text[:500]}"
        schema = declared.get("content", {}).get("application/json", {}).get("schema")
        if schema is None or not response.headers.get("content-type", "").startswith("application/json"):
            return
        error = best_match(
            Draft202012Validator({**closed(schema), "components": {"schemas": self.schemas}}).iter_errors(
                response.json()
            )
        )
        assert error is None, f"{what}: {explain(error)}\n{response.text[:1000]}"


def explain(error: ValidationError) -> str:
    return f"{error.json_path}: {error.message}"


def closed(schema: Any) -> Any:
    """The schema with every object closed to fields it does not name."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if schema.get("properties") and "additionalProperties" not in schema:
        inner["additionalProperties"] = False
    return inner
