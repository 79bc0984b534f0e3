"""Calls that were made, with their replies; and bodies made up where none was."""

from typing import Any

import msgspec

from artel.api.docs.pages import body_schema, resolve


class Example(msgspec.Struct, rename="camel"):
    """A call that was made, and its reply."""

    path: str
    query: dict[str, Any] = {}
    body: Any = None
    reply: Any = None


Examples = dict[str, Example]
Operation = dict[str, Any]


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


def is_form(operation: Operation) -> bool:
    """Whether the call takes a form (multipart/form-data), be it beside JSON."""
    content = operation.get("requestBody", {}).get("content", {})
    return "multipart/form-data" in content and "application/json" not in content
