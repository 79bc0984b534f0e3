"""A wire format as a Postman collection, format 2.1."""

import json
import re
from typing import Any

from artel.api.docs.examples import Examples, Operation, call_body, is_form
from artel.api.docs.pages import body_schema, resolve
from artel.api.docs.references import Reference

POSTMAN_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# Keeps the token that a call answers, for the calls that follow.
KEEP_TOKEN = [
    "if (pm.response.code === 200) {",
    "    const reply = pm.response.json();",
    '    if (reply.token) pm.collectionVariables.set("token", reply.token);',
    '    if (reply.refreshToken) pm.collectionVariables.set("refreshToken", reply.refreshToken);',
    "}",
]


def collection(
    reference: Reference,
    document: dict[str, Any],
    groups: dict[str, list[tuple[str, str, Operation]]],
    examples: Examples,
) -> dict[str, Any]:
    """Format 2.1: one folder a group; signing in keeps the token that all other calls send."""
    variables = {
        "baseUrl": "http://127.0.0.1:8000",
        **dict.fromkeys(reference.login_fields, ""),
        "token": "",
        "refreshToken": "",
    }
    return {
        "info": {
            "name": f"Artel: {reference.title}",
            "description": document["info"].get("description", ""),
            "schema": POSTMAN_SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in variables.items()],
        "item": [
            {
                "name": group,
                "item": [
                    request_item(reference, method, path, operation, document, examples)
                    for method, path, operation in calls
                ],
            }
            for group, calls in sorted(groups.items())
        ],
    }


def request_item(
    reference: Reference, method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples
) -> dict[str, Any]:
    body = call_body(method, path, operation, document, examples)
    if path.endswith("/login"):
        body = {name: f"{{{{{name}}}}}" for name in reference.login_fields}
    if path.endswith("/token/refresh"):
        body = {"refreshToken": "{{refreshToken}}"}
    parameters = operation.get("parameters", [])
    example = examples.get(f"{method} {path}")
    given = example.query if example else {}
    url: dict[str, Any] = {
        "raw": "{{baseUrl}}" + re.sub(r"\{(\w+)\}", r":\1", path),
        "host": ["{{baseUrl}}"],
        "path": re.sub(r"\{(\w+)\}", r":\1", path).strip("/").split("/"),
        "query": [
            {
                "key": one["name"],
                "value": str(given.get(one["name"], "")),
                "description": one.get("description", ""),
                "disabled": one["name"] not in given,
            }
            for one in parameters
            if one["in"] == "query"
        ],
        "variable": [
            {"key": one["name"], "value": "", "description": one.get("description", "")}
            for one in parameters
            if one["in"] == "path"
        ],
    }
    request: dict[str, Any] = {
        "method": method,
        "header": [{"key": "Accept", "value": "application/json"}],
        "url": url,
        "description": "\n\n".join(filter(None, [operation.get("summary"), operation.get("description")])),
    }
    if body is not None and is_form(operation):
        fields = [{"key": name, "value": str(value), "type": "text"} for name, value in body.items()]
        request["body"] = {"mode": "formdata", "formdata": fields}
    elif body is not None:
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {
            "mode": "raw",
            "raw": json.dumps(body, ensure_ascii=False, indent=2),
            "options": {"raw": {"language": "json"}},
        }
    if not operation.get("security"):
        request["auth"] = {"type": "noauth"}
    item: dict[str, Any] = {"name": operation.get("summary") or f"{method} {path}", "request": request}
    if answers_token(operation, document):
        item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": KEEP_TOKEN}}]
    return item


def answers_token(operation: Operation, document: dict[str, Any]) -> bool:
    schema = body_schema(operation.get("responses", {}).get("200", {}))
    choices = schema.get("oneOf", schema.get("anyOf", [schema]))
    return any("token" in resolve(choice, document).get("properties", {}) for choice in choices)
