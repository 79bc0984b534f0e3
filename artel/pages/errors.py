"""Refusals and failures as pages: what happened, and what to do next."""

import re
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.exceptions import HTTPException

from artel.api.answers import answer_http_error
from artel.api.customer.errors import TABLE
from artel.api.failures import answer_failure
from artel.api.refusals.entry import Entry
from artel.api.time.errors import TABLE as TIME_TABLE
from artel.errors import NotSignedIn, Refused, TooMany
from artel.pages.language import page_language
from artel.pages.render import go_to, page
from artel.pages.texts import Texts

# What pages say in their own words: code -> (EN, RU). Everything else reads as in the APIs' tables.
FIELD_TEXTS: Texts = {
    "field_required": ("Please fill this in.", "Заполните это поле."),
    "country_unknown": ("Choose a country.", "Выберите страну."),
    "phone_invalid": (
        "This is not a telephone number. Write it with the country code, for example +49 30 123456.",
        "Это не номер телефона. Укажите его с кодом страны, например +7 916 123-45-67.",
    ),
    "verification_required": (
        "Before the first task somebody has to confirm who you are. Ask the company for the link.",
        "Перед первым заданием нужно подтвердить личность. Попросите у компании ссылку.",
    ),
    "profile_not_completed": (
        "Your profile is not complete. Ask the company what is missing.",
        "Ваш профиль заполнен не полностью. Спросите у компании, чего не хватает.",
    ),
    "tax_info_required": (
        "Your tax number is needed before you can start.",
        "Чтобы начать, нужен ваш налоговый номер.",
    ),
    "acceptance_files_unsigned": (
        "Accept the documents before you start.",
        "Прежде чем начать, примите документы.",
    ),
    "advertising_data_required": (
        "For advertising work your tax number and your telephone number are needed; an entrepreneur's registration "
        "number too.",
        "Для рекламной работы нужны ваши ИНН и телефон, а предпринимателю — ещё и ОГРНИП.",
    ),
    "age_restricted": ("You are too young for this task.", "Это задание доступно с более старшего возраста."),
    # Never with the figures: what a company has is not its freelancers' to know.
    "insufficient_funds": (
        "The company has to top up its balance first. Please try again later.",
        "Сначала компания должна пополнить баланс. Попробуйте позже.",
    ),
    "task_not_in_state": (
        "The task has changed meanwhile. Look at it again.",
        "Задание за это время изменилось. Посмотрите на него ещё раз.",
    ),
    "changeset_superseded": (
        "The company has changed its proposal meanwhile. Read it again.",
        "Компания за это время изменила предложение. Прочитайте его ещё раз.",
    ),
    "task_terms_changed": (
        "The company has changed this task meanwhile. Read it again before you start.",
        "Компания за это время изменила задание. Прочитайте его ещё раз, прежде чем начать.",
    ),
    "report_missing": (
        "The company asks for a report: write what you have done.",
        "Компания просит отчёт: напишите, что вы сделали.",
    ),
    "tax_document_unknown": ("Choose one of the country's documents.", "Выберите один из документов этой страны."),
}
TEXTS: Texts = {
    "to_start": ("Go to the start page", "На главную страницу"),
    "not_found_title": ("There is no such page", "Такой страницы нет"),
    "not_found_text": (
        "The address may be mistyped, or the page is not meant for you.",
        "Возможно, в адресе опечатка или страница предназначена не вам.",
    ),
    "too_large_title": ("This is too large to send", "Это слишком большой файл"),
    "too_large_text": (
        "Go back and choose a smaller file.",
        "Вернитесь назад и выберите файл поменьше.",
    ),
    "form_expired_title": ("Please try once more", "Попробуйте ещё раз"),
    "form_expired_text": (
        "The form has been open for too long, or your browser refuses cookies. Go back, reload the page, and send it "
        "again.",
        "Форма была открыта слишком долго, или браузер не принимает cookie. Вернитесь назад, обновите страницу и "
        "отправьте форму снова.",
    ),
    "too_many_title": ("A little slower, please", "Чуть медленнее, пожалуйста"),
    "too_many_text": (
        "There were too many tries. Wait {wait} and try again.",
        "Слишком много попыток. Подождите {wait} и попробуйте снова.",
    ),
    "refused_title": ("This did not work", "Не получилось"),
    "failed_title": ("Something went wrong on our side", "Что-то пошло не так на нашей стороне"),
    "failed_text": (
        "Nothing was lost. Please try again in a minute.",
        "Ничего не потеряно. Попробуйте ещё раз через минуту.",
    ),
}


def refusal_text(refusal: Refused, language: str) -> str:
    """What a refusal says beside a field or on a page."""
    own = FIELD_TEXTS.get(refusal.code)
    if own is not None:
        return own[1 if language == "RU" else 0].format(**refusal.facts)
    return entry_of(refusal).text(language, refusal.facts)


def entry_of(refusal: Refused) -> Entry:
    """What the APIs say of a refusal: the customer API, or of schedules and bookings the time API."""
    return TABLE[refusal.code] if refusal.code in TABLE else TIME_TABLE[refusal.code]


def answer_refusal(request: Request[Any, Any, Any], refusal: Refused) -> Response[Any]:
    language = page_language(request)
    if isinstance(refusal, NotSignedIn):
        here = f"?{urlencode({'next': path_and_query(request)})}" if request.method == "GET" else ""
        return go_to(f"/sign-in{here}")
    if isinstance(refusal, TooMany):
        reply = error_page(request, "too_many", 429, wait=spoken_wait(refusal.retry_after_s, language))
        reply.headers["Retry-After"] = str(refusal.retry_after_s)
        return reply
    if refusal.code == "form_expired":
        return error_page(request, "form_expired", 403)
    status = entry_of(refusal).status
    if status == 404:
        return error_page(request, "not_found", 404)
    return page(
        request,
        "error.html",
        TEXTS,
        status_code=status,
        title_key="refused_title",
        text=refusal_text(refusal, language),
    )


def path_and_query(request: Request[Any, Any, Any]) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def answer_http_failure(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    if error.status_code >= 500:
        return error_page(request, "failed", error.status_code)
    if error.status_code == 413:
        return error_page(request, "too_large", 413)
    return error_page(request, "not_found", error.status_code)


def answer_page_failure(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """500, or 503 while the database is out of reach. It is logged as every failure is."""
    return error_page(request, "failed", answer_failure(request, error).status_code or 500)


def answer_outside_routes(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """An address that nothing answers: a page for those who read HTML, the API's error for all others."""
    if re.match(r"/(api|sandbox|health|metrics)(/|$)", request.url.path) or not reads_html(request):
        return answer_http_error(request, error)
    return answer_http_failure(request, error)


def reads_html(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "")


def error_page(request: Request[Any, Any, Any], key: str, status_code: int, **facts: object) -> Response[str]:
    column = 1 if page_language(request) == "RU" else 0
    text = TEXTS[f"{key}_text"][column].format(**facts)
    return page(request, "error.html", TEXTS, status_code=status_code, title_key=f"{key}_title", text=text)


def spoken_wait(seconds: int, language: str) -> str:
    minutes = -(-seconds // 60)
    if language == "RU":
        return f"{seconds} с" if seconds < 60 else f"{minutes} мин"
    return f"{seconds} s" if seconds < 60 else f"{minutes} min"
