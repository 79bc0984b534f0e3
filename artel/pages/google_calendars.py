"""Where Google leads people back to who have let their calendars be joined with one of ours."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State

from artel import clock
from artel.api.context import context_of
from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.errors import GoogleNotSetUp, LinkIncomplete, LinkStateRefused
from artel.calendar_sync.google_api import CALLBACK_PATH, Google, client_of
from artel.calendar_sync.google_links import link_account, read_state, redeem
from artel.calendars.queries import CalendarRow, access_own_calendar
from artel.errors import NotFound
from artel.outbound.calling import Caller
from artel.pages.forms import read_form
from artel.pages.render import page
from artel.pages.texts import Texts
from artel.people.queries import profile_of

TEXTS: Texts = {
    "confirm_title": ("Link this Google account?", "Подключить этот аккаунт Google?"),
    "confirm_text": (
        "The calendars of the Google account you have just chosen will be joined with the calendar “{calendar}” of "
        "{owner}: its owner can read them, and write into them.",
        "Календари только что выбранного аккаунта Google будут соединены с календарём «{calendar}», владелец: {owner}. "
        "Владелец сможет читать их и писать в них.",
    ),
    "confirm_warning": (
        "If that is not you, close this page: somebody has sent you a link of theirs.",
        "Если это не вы, закройте страницу: кто-то прислал вам свою ссылку.",
    ),
    "confirm_button": ("Yes, link it", "Да, подключить"),
    "linked_title": ("Google is linked", "Google подключён"),
    "linked_text": (
        "The calendars of this Google account can now be joined with your calendar “{calendar}”. You can close this "
        "page.",
        "Календари этого аккаунта Google теперь можно соединить с вашим календарём «{calendar}». Эту страницу можно "
        "закрыть.",
    ),
    "incomplete_title": ("Google is not linked", "Google не подключён"),
    "incomplete_text": (
        "Google has not given access to the calendars. Begin again, and allow everything that is asked for.",
        "Google не дал доступ к календарям. Начните сначала и разрешите всё, что запрашивается.",
    ),
    "gone_title": ("This link no longer works", "Эта ссылка больше не работает"),
    "gone_text": (
        "It works for 15 minutes. Begin again where you got it.",
        "Она действует 15 минут. Начните сначала там же, где её получили.",
    ),
}


@get(CALLBACK_PATH)
async def ask(request: Request[None, None, State]) -> Response[Any]:
    """Google's answer: a code, or why there is none. The state says whose calendar it is about; only we can have
    written it, but whoever got the link may have sent it to somebody else. So whose calendar it is is said before
    anything is kept, and nothing is without a press of the button here."""
    given = request.query_params
    try:
        calendar, owner = await subject_of(request, given.get("state", ""))
    except (LinkStateRefused, NotFound, GoogleNotSetUp):
        return gone(request)
    if not given.get("code"):
        return incomplete(request)
    return page(
        request,
        "google_confirm.html",
        TEXTS,
        calendar=calendar.label,
        owner=owner,
        state=given["state"],
        code=given["code"],
    )


@post(CALLBACK_PATH, status_code=200)
async def link(request: Request[None, None, State]) -> Response[Any]:
    """The account is theirs who press, and they want it: the code is changed for the account's tokens."""
    context, form = context_of(request), await read_form(request)
    client, locker = client_of(context.settings), Locker(context.settings.secret)
    # Google's address is the operator's own setting.
    caller = Caller(allow_private=True)
    try:
        calendar, _ = await subject_of(request, form.get("state", ""))
        state = read_state(locker, form["state"], now=clock.now())
        if not form.get("code"):
            raise LinkIncomplete("declined")
        tokens, calendars = await redeem(Google(client, caller), locker, state, form["code"])
        async with context.database.transaction() as conn:
            await link_account(
                conn,
                person_id=state.person_id,
                calendar_id=calendar.id,
                tokens=tokens,
                calendars=calendars,
                locker=locker,
                now=clock.now(),
            )
    except (LinkStateRefused, NotFound, GoogleNotSetUp):
        return gone(request)
    except LinkIncomplete:
        return incomplete(request)
    finally:
        await caller.aclose()
    return page(request, "note.html", TEXTS, note="linked", calendar=calendar.label)


async def subject_of(request: Request[None, None, State], given: str) -> tuple[CalendarRow, str]:
    """The calendar of a state, and whose it is. Refuses: GoogleNotSetUp; LinkStateRefused; NotFound."""
    context = context_of(request)
    if not client_of(context.settings).is_set_up:
        raise GoogleNotSetUp
    state = read_state(Locker(context.settings.secret), given, now=clock.now())
    async with context.database.connection() as conn:
        calendar = await access_own_calendar(conn, state.person_id, state.calendar_id)
        owner = await profile_of(conn, state.person_id)
    name = " ".join(part for part in (owner.first_name, owner.last_name) if part)
    return calendar, f"{name} ({owner.email})" if name else owner.email


def gone(request: Request[None, None, State]) -> Response[str]:
    return page(request, "note.html", TEXTS, status_code=404, note="gone", calendar="")


def incomplete(request: Request[None, None, State]) -> Response[str]:
    return page(request, "note.html", TEXTS, status_code=422, note="incomplete", calendar="")


ROUTES: list[Any] = [ask, link]
