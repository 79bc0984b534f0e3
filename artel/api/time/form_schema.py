"""The bodies of the time API's forms, for the OpenAPI document: the framework sees no `data` in their handlers."""

from litestar.openapi.spec import OpenAPIType, Schema

NULL = Schema(type=OpenAPIType.NULL)


def text(description: str = "", **bounds: int) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description or None, **bounds)  # type: ignore[arg-type]


def text_or_null(description: str = "", **bounds: int) -> Schema:
    return Schema(one_of=[text(description, **bounds), NULL])


def id_or_null(description: str) -> Schema:
    return Schema(one_of=[Schema(type=OpenAPIType.INTEGER, minimum=1, description=description), NULL])


def listed(description: str, *items: Schema) -> Schema:
    return Schema(
        type=OpenAPIType.ARRAY,
        description=description,
        items=items[0] if len(items) == 1 else Schema(any_of=list(items)),
    )


def record(*required: str, **properties: Schema) -> Schema:
    return Schema(type=OpenAPIType.OBJECT, properties={**properties}, required=list(required))


FILE = Schema(type=OpenAPIType.STRING, content_media_type="application/octet-stream")
INTEGER = Schema(type=OpenAPIType.INTEGER)
SKILLS = listed("Ids or names", text(), INTEGER, record(id=INTEGER), record("name", name=text()))
LANGUAGES = listed("BCP 47 tags; the primary part counts", text(), record("code", code=text()))
LINKS = listed("Addresses of http or https", text(), record("url", url=text(), label=text_or_null()))
AMOUNT = Schema(type=[OpenAPIType.NUMBER, OpenAPIType.STRING])
SALARY = Schema(
    one_of=[record("amount", "currency", amount=AMOUNT, currency=text(), per=text("hour, day or month")), NULL],
    description="What you ask for",
)
ABOUT = {
    "name": text(min_length=2, max_length=100),
    "timezone": text_or_null("IANA name, for example Europe/Berlin"),
    "birthdate": text_or_null("A date or date-time; the day counts"),
    "birthtime": text_or_null("HH:MM"),
    "birthcity": text_or_null(max_length=100),
    "phone": text_or_null("With the country's code", max_length=100),
    "city": text_or_null(max_length=100),
    "currency": text_or_null("Code of a known currency"),
    "education": text_or_null(max_length=2000),
    "about": text_or_null(max_length=5000),
    "skills": SKILLS,
    "languages": LANGUAGES,
    "links": LINKS,
    "sallary": SALARY,
    "settings": Schema(type=OpenAPIType.OBJECT, description="Your client's own; kept as it is, at most 16 KiB"),
}
PASSWORD = {
    "password": text_or_null("At least 8", min_length=6, max_length=255),
    "password_confirmation": text_or_null("The same again", min_length=6, max_length=255),
}
IDS = {
    "ava_id": id_or_null("A picture of your own uploads"),
    "cv_id": id_or_null("A file of your own uploads"),
}
PROFILE_SCHEMA_JSON = record(**ABOUT, **IDS, **PASSWORD, docs=listed("Ids of the documents to keep", INTEGER))
PROFILE_SCHEMA = record(
    **ABOUT,
    **IDS,
    **PASSWORD,
    ava=FILE,
    docs=listed("Files to add, at most 5120 KiB each, and ids of those to keep", FILE, INTEGER),
)
YES = ["1", "true", "yes", "on", "accepted"]
REGISTERED = {
    **ABOUT,
    **PASSWORD,
    "email": text("Where the code is mailed to", max_length=100),
    "phone": text_or_null("With the country's code", min_length=7, max_length=100),
    "tovarisch": Schema(one_of=[Schema(type=OpenAPIType.STRING, enum=["0", "1"]), NULL]),
}
REGISTRATION_SCHEMA = record(
    "email",
    "terms",
    **REGISTERED,
    terms=Schema(type=OpenAPIType.STRING, enum=YES, description="The terms of use are accepted"),
    schedule=text("JSON: the body of POST /schedule"),
    ava=FILE,
    docs=listed("At most 5120 KiB each", FILE),
)
REGISTRATION_SCHEMA_JSON = record(
    "email",
    "terms",
    **REGISTERED,
    terms=Schema(any_of=[Schema(type=OpenAPIType.STRING, enum=YES), Schema(type=OpenAPIType.BOOLEAN)]),
    schedule=Schema(type=OpenAPIType.OBJECT, description="The body of POST /schedule"),
)
