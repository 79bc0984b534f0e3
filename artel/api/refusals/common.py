"""Refusals that belong to no domain, and requests that never reached a rule."""

import re
from collections.abc import Callable, Mapping

from artel.api.refusals.entry import Entry

ENTRIES = {
    "bad_request": Entry(400, "The request could not be read.", "Запрос не удалось прочитать."),
    "not_json": Entry(400, "The body is not valid JSON.", "Тело запроса не является корректным JSON."),
    "not_signed_in": Entry(
        401,
        "Sign in first: the token is missing or not valid.",
        "Войдите: токен не передан или недействителен.",
    ),
    "forbidden": Entry(403, "You have no right to do this.", "У вас нет прав на это действие."),
    "no_company": Entry(403, "This company is not available to you.", "Эта компания вам недоступна."),
    "not_found": Entry(404, "Not found.", "Не найдено."),
    "path_not_found": Entry(404, "There is no such address.", "Такого адреса нет."),
    "method_not_allowed": Entry(405, "This method is not allowed here.", "Этот метод здесь не поддерживается."),
    "too_large": Entry(413, "The request is too large.", "Запрос слишком большой."),
    "too_many_requests": Entry(
        429,
        "Too many requests: try again in {retry_after_s} s.",
        "Слишком много запросов: повторите через {retry_after_s} с.",
    ),
    "internal": Entry(500, "Something went wrong on our side.", "Что-то пошло не так на нашей стороне."),
    "unavailable": Entry(503, "The service is not available right now.", "Сервис сейчас недоступен."),
    "form_expired": Entry(403, "The form has expired: reload the page.", "Форма устарела: обновите страницу."),
    "idempotency_key_reused": Entry(
        409,
        "This Idempotency-Key was used with another request.",
        "Этот Idempotency-Key уже использован с другим запросом.",
    ),
    "idempotency_key_too_long": Entry(
        422,
        "An Idempotency-Key has at most {longest} characters.",
        "Idempotency-Key не длиннее {longest} символов.",
    ),
    "invalid_request": Entry(422, "The request is not valid.", "Запрос составлен неверно."),
    "field_required": Entry(422, "This field is required.", "Обязательное поле."),
    "field_not_a_number": Entry(422, "A number is expected.", "Ожидается число."),
    "field_not_an_integer": Entry(422, "A whole number is expected.", "Ожидается целое число."),
    "field_not_a_string": Entry(422, "Text is expected.", "Ожидается строка."),
    "field_not_a_boolean": Entry(422, "true or false is expected.", "Ожидается true или false."),
    "field_not_a_list": Entry(422, "A list is expected.", "Ожидается список."),
    "field_not_an_object": Entry(422, "An object is expected.", "Ожидается объект."),
    "field_not_a_date": Entry(422, "A date is expected, for example {example}.", "Ожидается дата, например {example}."),
    "field_not_a_uuid": Entry(422, "A UUID is expected.", "Ожидается UUID."),
    "field_out_of_range": Entry(422, "The value is out of range.", "Значение вне допустимых пределов."),
    "field_too_long": Entry(422, "At most {longest} characters.", "Не длиннее {longest} символов."),
    "clock_move_invalid": Entry(
        422,
        'Time goes forward, and at most ten years from today: give seconds from 0, or {{"reset": true}}.',
        'Время идёт вперёд и не дальше десяти лет от сегодня: укажите секунды от 0 или {{"reset": true}}.',
    ),
    "field_invalid": Entry(422, "The value is not valid.", "Недопустимое значение."),
}

HTTP_CODES = {
    400: "not_json",
    401: "not_signed_in",
    403: "forbidden",
    404: "path_not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}

MISSING = re.compile(r"missing required (?:field|argument) `(\w+)`")
# What msgspec says was expected, and what we call it. The first that matches counts: a right type that breaks a bound
# comes before the types.
EXPECTED = [
    (re.compile(r"Expected `str` matching regex"), "field_invalid"),
    (re.compile(r"Expected `str` of length >= 1\b"), "field_required"),
    (re.compile(r"Expected `\w+` (?:>=|<=|<|>|of length)"), "field_out_of_range"),
    (re.compile(r"Expected `(?:\w+ \| )*int"), "field_not_an_integer"),
    (re.compile(r"Expected `(?:\w+ \| )*(?:float|decimal)"), "field_not_a_number"),
    (re.compile(r"Expected `(?:\w+ \| )*bool"), "field_not_a_boolean"),
    (re.compile(r"Expected `(?:\w+ \| )*uuid|Invalid UUID"), "field_not_a_uuid"),
    (re.compile(r"Expected `(?:\w+ \| )*str\b"), "field_not_a_string"),
    (re.compile(r"Expected `array"), "field_not_a_list"),
    (re.compile(r"Expected `object"), "field_not_an_object"),
    (re.compile(r"out of range"), "field_out_of_range"),
]
# A text over its bound says how long it may be.
TOO_LONG = re.compile(r"Expected `str` of length <= (\d+)")


def camel(name: str) -> str:
    """A rule's field name as the wire writes it: worker_currency -> workerCurrency."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def explain(item: Mapping[str, str], name: Callable[[str], str] = camel) -> tuple[str, str, dict[str, object]]:
    """Field, table code and facts for one complaint of the framework's parser; `name` writes it as the wire does."""
    message = item.get("message", "")
    path = [name(part) for part in item.get("key", "").split(".") if part and part != "data"]
    missing = MISSING.search(message)
    if missing:
        return ".".join([*path, missing.group(1)]), "field_required", {}
    field = ".".join(path) or "error"
    if not path and "Expected `object`" not in message:
        return "error", "invalid_request", {}
    if too_long := TOO_LONG.search(message):
        return field, "field_too_long", {"longest": too_long.group(1)}
    for pattern, code in EXPECTED:
        if pattern.search(message):
            return field, code, {}
    return field, "field_invalid", {}
