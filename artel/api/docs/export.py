"""The customer API as files: the OpenAPI document, a Postman collection, a page per group of calls.

All three are made from the application itself and from replies it has given (`examples.json`: the call by its method
and path, with what was sent and what came back), so that they say what the code does.
"""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from artel.api.docs.pages import body_schema, document_of, fields_of, resolve, type_name

METHODS = ("get", "post", "put", "patch", "delete")
EXAMPLES = "examples.json"
POSTMAN_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
# Keeps the token that a call answers, for the calls that follow.
KEEP_TOKEN = [
    "if (pm.response.code === 200) {",
    "    const reply = pm.response.json();",
    '    if (reply.token) pm.collectionVariables.set("token", reply.token);',
    '    if (reply.refreshToken) pm.collectionVariables.set("refreshToken", reply.refreshToken);',
    "}",
]
VARIABLES = {
    "baseUrl": "http://127.0.0.1:8000",
    "username": "",
    "password": "",
    "token": "",
    "refreshToken": "",
}


class Example(msgspec.Struct, rename="camel"):
    """A call that was made, and its reply."""

    path: str
    query: dict[str, Any] = {}
    body: Any = None
    reply: Any = None


Examples = dict[str, Example]
Operation = dict[str, Any]


def customer_document(app: Litestar) -> dict[str, Any]:
    """The OpenAPI document without the calls of the sandbox and of operations, and without what only those need."""
    document: dict[str, Any] = json.loads(document_of(app))
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith("/api/")}
    schemas = document["components"]["schemas"]
    needed: set[str] = set()
    todo = references_in(document["paths"])
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo |= references_in(schemas[name])
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(needed)}
    return document


def references_in(part: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


def files(app: Litestar, examples: Examples) -> dict[str, str]:
    """Every file by its name."""
    document = customer_document(app)
    groups: dict[str, list[tuple[str, str, Operation]]] = {}
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            if method in item:
                groups.setdefault(item[method].get("tags", ["Other"])[0], []).append(
                    (method.upper(), path, item[method])
                )
    made = {
        "openapi.json": as_json(document),
        "postman_collection.json": as_json(collection(document, groups, examples)),
        "README.md": contents(groups),
    }
    for group, calls in groups.items():
        made[f"{slug(group)}.md"] = page(group, calls, document, examples)
    return made


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def slug(group: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")


def read_examples(folder: Path) -> Examples:
    path = folder / EXAMPLES
    return msgspec.json.decode(path.read_bytes(), type=Examples) if path.exists() else {}


def export(app: Litestar, folder: Path) -> list[str]:
    """Write the files anew; a page whose group has gone goes too. Answers their names."""
    made = files(app, read_examples(folder))
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(made)


def sample_of(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Any:
    """A value of the schema, where no call has been recorded."""
    schema = resolve(schema, document)
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        needed = schema.get("required", [])
        return {
            name: sample_of(inner, document, depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if name in needed and depth < 4
        }
    if kind == "array":
        return [sample_of(schema.get("items", {}), document, depth + 1)] if depth < 4 else []
    return {"integer": 1, "number": 1, "boolean": True}.get(str(kind), "text")


def call_body(method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples) -> Any:
    example = examples.get(f"{method} {path}")
    if example is not None:
        return example.body
    schema = body_schema(operation.get("requestBody", {}))
    return sample_of(schema, document) if schema else None


def collection(
    document: dict[str, Any], groups: dict[str, list[tuple[str, str, Operation]]], examples: Examples
) -> dict[str, Any]:
    """Format 2.1: one folder a group; signing in keeps the token that all other calls send."""
    return {
        "info": {
            "name": "Artel customer API",
            "description": document["info"].get("description", ""),
            "schema": POSTMAN_SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in VARIABLES.items()],
        "item": [
            {
                "name": group,
                "item": [
                    request_item(method, path, operation, document, examples) for method, path, operation in calls
                ],
            }
            for group, calls in sorted(groups.items())
        ],
    }


def request_item(
    method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples
) -> dict[str, Any]:
    body = call_body(method, path, operation, document, examples)
    if path.endswith("/login"):
        body = {"username": "{{username}}", "password": "{{password}}"}
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
    if body is not None:
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


def contents(groups: dict[str, list[tuple[str, str, Operation]]]) -> str:
    lines = [
        "# Customer API",
        "",
        "Made by `artel api export` (`make api-docs`) from the code; change the code, not these files.",
        "",
        "- [openapi.json](openapi.json): the OpenAPI document.",
        "- [postman_collection.json](postman_collection.json): import it into Postman, fill in `baseUrl`, `username`",
        '  and `password`, and send "Sign in" first: it keeps the token for the calls that follow.',
        "",
        "| group | calls |",
        "|---|---|",
    ]
    for group, calls in sorted(groups.items()):
        lines.append(f"| [{group}]({slug(group)}.md) | {', '.join(f'{method} {path}' for method, path, _ in calls)} |")
    return "\n".join(lines) + "\n"


def page(group: str, calls: list[tuple[str, str, Operation]], document: dict[str, Any], examples: Examples) -> str:
    parts = [
        f"# {group}",
        "",
        "The curls take `$ARTEL`, the installation's address, and `$TOKEN`, which signing in answers:",
        "",
        "```sh",
        "ARTEL=http://127.0.0.1:8000",
        "TOKEN=$(curl -s -X POST \"$ARTEL/api/login\" -H 'Content-Type: application/json' \\",
        '  -d \'{"username": "…", "password": "…"}\' \\',
        "  | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"token\"])')",
        "```",
    ]
    for method, path, operation in calls:
        parts += ["", *section(method, path, operation, document, examples)]
    return "\n".join(parts) + "\n"


def section(method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples) -> list[str]:
    lines = [f"## {operation.get('summary') or path}", "", f"`{method} {path}`", ""]
    if operation.get("description"):
        lines += [operation["description"], ""]
    rows = [
        (
            f"`{one['name']}`",
            f"{one['in']}, {type_name(one.get('schema', {}), document)}",
            one.get("required"),
            one.get("description", ""),
        )
        for one in operation.get("parameters", [])
    ]
    schema = body_schema(operation.get("requestBody", {}))
    rows += [
        (f"`{field.name}`", f"body, {field.type}", field.required, field.meaning)
        for field in (fields_of(schema, document) if schema else [])
    ]
    if rows:
        lines += ["| name | type | needed | meaning |", "|---|---|---|---|"]
        lines += [
            f"| {name} | {cell(kind)} | {'yes' if needed else ''} | {cell(meaning)} |"
            for name, kind, needed, meaning in rows
        ]
        lines.append("")
    lines += ["```sh", curl(method, path, operation, document, examples), "```"]
    example = examples.get(f"{method} {path}")
    if example is not None:
        lines += ["", "200:", "", "```json", json.dumps(example.reply, ensure_ascii=False, indent=2), "```"]
    return lines


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def curl(method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples) -> str:
    example = examples.get(f"{method} {path}")
    url = example.path if example else path
    query = "&".join(f"{name}={value}" for name, value in (example.query if example else {}).items())
    lines = [f'curl -X {method} "$ARTEL{url}{"?" + query if query else ""}"']
    if query:
        lines[0] = lines[0].replace("curl -X", "curl -g -X")
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    body = call_body(method, path, operation, document, examples)
    if body is not None:
        text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)
