"""Two paths that two wire formats share: POST /api/login and POST /api/logout.

A body with `username` is the customer API's, one with `email` and no `username` the time API's; replies and refusals
are in the format of what came. What is neither is refused in the customer API's, which was here first. A session
remembers which format opened it, and signing out answers in that.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, Router, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import ClientException, ValidationException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from artel import clock
from artel.api.answers import EXCEPTION_HANDLERS
from artel.api.context import context_of
from artel.api.customer import login as customer_login
from artel.api.customer.errors import CUSTOMER
from artel.api.door import bearer_claims, options_reply
from artel.api.languages import language_of
from artel.api.time import login as time_login
from artel.api.time.access import SignedPerson, provide_person
from artel.api.time.errors import TIME
from artel.api.time.replies import Message
from artel.api.time.user_replies import SignedInReply
from artel.api.wire import speak, wire_of
from artel.companies.access import Entrance, Right, enter
from artel.people.sessions import end_session, wire_of_session

AnyRequest = Request[Any, Any, State]
Form = TypeVar("Form")
SIGNED_OUT = {"EN": "Logged out successfully", "RU": "Вы вышли из системы"}


def text(description: str, *, least: int, most: int) -> Schema:
    return Schema(type=OpenAPIType.STRING, description=description, min_length=least, max_length=most)


def code(*types: OpenAPIType) -> Schema:
    text_or_none = [Schema(type=OpenAPIType.STRING, max_length=20), Schema(type=OpenAPIType.NULL)]
    return Schema(
        one_of=[*text_or_none, *(Schema(type=each) for each in types)],
        description="The second factor's, where one is on; none, an empty one and 0 are no code",
    )


USERNAME = text("User name, or e-mail address", least=1, most=320)
EMAIL = text("E-mail address", least=1, most=100)
CUSTOMER_BODY = Schema(
    title="Customer API",
    properties={
        "username": USERNAME,
        "password": text("The password", least=1, most=1000),
        "code": code(OpenAPIType.INTEGER),
    },
    required=["username", "password"],
)
TIME_BODY = Schema(
    title="Time API",
    properties={
        "email": EMAIL,
        "password": text("The six digits mailed by POST /loginrequest, or the password", least=6, most=255),
        "code": code(),
    },
    required=["email", "password"],
    schema_not=Schema(required=["username"]),
)
BODY = Schema(
    type=OpenAPIType.OBJECT,
    description="`username` or `email` says which API's sign-in it is.",
    properties={"username": USERNAME, "email": EMAIL, "password": Schema(), "code": Schema()},
    one_of=[CUSTOMER_BODY, TIME_BODY],
)


@dataclass
class LoginOperation(Operation):
    """Two bodies that one handler reads: the framework, which sees no `data`, says there is none."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(required=True, content={"application/json": OpenAPIMediaType(schema=BODY)})


@post(
    "/login",
    status_code=200,
    refusal_status=customer_login.NOT_SIGNED_IN,
    tags=["Sign-in", "Login"],
    summary="Sign in",
    operation_class=LoginOperation,
)
async def login(
    request: Request[None, None, State],
) -> customer_login.TokenPair | customer_login.SecondFactorAsked | SignedInReply:
    """With `username` tokens; or, where a second factor is on and no code is given, what to send the code of. With
    `email` the profile and its token."""
    body = read_json(await request.body())
    if isinstance(body, dict) and "email" in body and "username" not in body:
        speak(request, TIME)
        return await time_login.answer_login(request, converted(body, time_login.Login))
    return await customer_login.answer_login(request, converted(body, customer_login.Login))


def read_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise ClientException from None


def converted(body: Any, form: type[Form]) -> Form:
    """The body as a Struct; what is wrong with it as the framework would say it, naming the field."""
    try:
        return msgspec.convert(body, form)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise ValidationException(extra=[{"message": message, "key": place.strip("`.")}]) from None


async def at_the_door(request: AnyRequest) -> Response[None] | None:
    """OPTIONS is answered to anybody; the rest needs a session, and a refusal is in the format that opened it."""
    reply = options_reply(request)
    if reply is None:
        now = clock.now()
        claims = bearer_claims(request, now=now)
        database = context_of(request).database
        async with database.connection() as conn:
            if await wire_of_session(conn, claims.session_id) == TIME.name:
                speak(request, TIME)
        entrance = Entrance(claims, None, Right.SIGNED_IN, now)
        request.scope["state"]["person"], _ = await enter(database.reader, entrance)
    return reply


@post("/logout", status_code=200, right=Right.SIGNED_IN, tags=["Sign-in", "Login"], summary="End this session")
async def logout(request: Request[None, None, State], person: SignedPerson) -> list[None] | Message:
    """`[]` for a session that the customer API has opened, a message for one of the time API."""
    async with context_of(request).database.transaction() as conn:
        await end_session(
            conn, session_id=person.session_id, reason="signed out", actor_id=person.person_id, now=clock.now()
        )
    return Message(SIGNED_OUT[language_of(request)]) if wire_of(request) is TIME else []


def login_router() -> Router:
    signed_in = Router(
        "/",
        route_handlers=[logout],
        before_request=at_the_door,
        dependencies={"person": Provide(provide_person, sync_to_thread=False)},
        security=[{"bearer": []}],
    )
    return Router(
        "/api",
        route_handlers=[signed_in, login],
        exception_handlers=EXCEPTION_HANDLERS,
        opt={"wire": CUSTOMER, "also": (TIME,)},
    )
