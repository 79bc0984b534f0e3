"""Readable pages over the OpenAPI document, made on the server: no script, nothing from the internet."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.params import FromQuery

from artel.api.context import context_of
from artel.api.languages import preferred_language

TEMPLATES = Path(__file__).parent / "templates"
LABELS = {
    "EN": {
        "title": "Artel API",
        "lead": "Every call this installation answers, made from the same document your tools read:",
        "again": "A POST that moves money may be sent again without harm: give it an Idempotency-Key header. The same "
        "key and body get the first reply again; the same key with another body is refused with 409.",
        "parameters": "Parameters",
        "body": "Body",
        "answers": "Answers",
        "name": "Name",
        "type": "Type",
        "required": "Required",
        "meaning": "Meaning",
        "yes": "yes",
        "try": "Try it",
        "other": "По-русски",
    },
    "RU": {
        "title": "API Artel",
        "lead": "Все вызовы этой установки, построено по тому же документу, который читают ваши инструменты:",
        "again": "POST, который двигает деньги, можно без вреда отправить ещё раз: укажите заголовок Idempotency-Key. "
        "Тот же ключ с тем же телом получит первый ответ; тот же ключ с другим телом будет отклонён с кодом 409.",
        "parameters": "Параметры",
        "body": "Тело запроса",
        "answers": "Ответы",
        "name": "Имя",
        "type": "Тип",
        "required": "Обязательно",
        "meaning": "Значение",
        "yes": "да",
        "try": "Попробовать",
        "other": "In English",
    },
}

environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


class Field(msgspec.Struct):
    name: str
    type: str
    required: bool
    meaning: str


class Call(msgspec.Struct):
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[Field]
    body: list[Field]
    answers: list[tuple[str, str, list[Field]]]
    curl: str


def fields_of(schema: dict[str, Any], document: dict[str, Any], prefix: str = "", depth: int = 0) -> list[Field]:
    """An object's fields, nested ones as `parent.child`, two levels down."""
    schema = resolve(schema, document)
    required = set(schema.get("required", ()))
    fields = []
    for name, inner in schema.get("properties", {}).items():
        resolved = resolve(inner, document)
        fields.append(
            Field(prefix + name, type_name(inner, document), name in required, resolved.get("description", ""))
        )
        nested = resolve(resolved.get("items", resolved), document)
        if nested.get("properties") and depth < 2:
            fields += fields_of(nested, document, f"{prefix}{name}.", depth + 1)
    return fields


def resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for choice in schema.get("oneOf", schema.get("anyOf", ())):
        if choice.get("type") != "null":
            return resolve(choice, document)
    return schema


def type_name(schema: dict[str, Any], document: dict[str, Any]) -> str:
    choices = schema.get("oneOf", schema.get("anyOf"))
    if choices:
        return " | ".join(dict.fromkeys(type_name(choice, document) for choice in choices))
    resolved = resolve(schema, document)
    if resolved.get("enum"):
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in resolved["enum"])
    kind = resolved.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(kind)
    if kind == "array":
        return f"list of {type_name(resolved.get('items', {}), document)}"
    return str(resolved.get("format") or kind)


def body_schema(holder: dict[str, Any]) -> dict[str, Any]:
    """The schema of the first media type a body or an answer has."""
    for media in holder.get("content", {}).values():
        schema: dict[str, Any] = media.get("schema", {})
        return schema
    return {}


def call_of(method: str, path: str, operation: dict[str, Any], document: dict[str, Any], base_url: str) -> Call:
    body = body_schema(operation.get("requestBody", {}))
    answers = []
    for status, answer in sorted(operation.get("responses", {}).items()):
        schema = body_schema(answer)
        answers.append((status, answer.get("description", ""), fields_of(schema, document)))
    fields = fields_of(body, document) if body else []
    return Call(
        anchor=operation.get("operationId", method + path),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[
            Field(
                item["name"],
                f"{item['in']}, {type_name(item.get('schema', {}), document)}",
                bool(item.get("required")),
                item.get("description", ""),
            )
            for item in operation.get("parameters", ())
        ],
        body=fields,
        answers=answers,
        curl=curl(method.upper(), base_url + path, signed=bool(operation.get("security")), body=fields),
    )


def curl(method: str, url: str, *, signed: bool, body: list[Field]) -> str:
    lines = [f"curl -X {method} '{url}'"]
    if signed:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body:
        sample = {field.name: "…" for field in body if field.required and "." not in field.name}
        lines.append(f"-d '{json.dumps(sample, ensure_ascii=False)}'")
    return " \\\n  ".join(lines)


@lru_cache(maxsize=1)
def document_of(app: Litestar) -> str:
    """The document as JSON; defaults in it may be Structs. Forming it takes a third of a second."""
    return msgspec.json.encode(app.openapi_schema.to_schema()).decode()


@lru_cache(maxsize=8)
def render(document_text: str, language: str, base_url: str) -> str:
    document = json.loads(document_text)
    groups: dict[str, list[Call]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                tag = operation.get("tags", ["Other"])[0]
                groups.setdefault(tag, []).append(call_of(method, path, operation, document, base_url))
    return environment.get_template("docs.html").render(
        groups=sorted(groups.items()), labels=LABELS[language], language=language.lower()
    )


@get("/api/docs", media_type="text/html", include_in_schema=False)
async def docs_page(request: Request[None, None, State], lang: FromQuery[str] = "") -> Response[str]:
    """The whole API on one page, in the reader's language."""
    language = (
        lang.upper() if lang.upper() in LABELS else preferred_language(request.headers.get("accept-language", ""))
    )
    page = render(document_of(request.app), language, context_of(request).settings.base_url)
    return Response(page, headers={"Content-Security-Policy": "default-src 'none'; style-src 'self'"})


@get("/api/docs/style.css", include_in_schema=False, sync_to_thread=False)
def docs_style() -> Response[bytes]:
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "public, max-age=3600"}
    return Response((TEMPLATES / "docs.css").read_bytes(), headers=headers)


ROUTES: list[Any] = [docs_page, docs_style]
