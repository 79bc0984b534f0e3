"""Where Google leads people back to who have let their calendars be joined with one of ours."""

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State

from artel import clock
from artel.api.context import context_of
from artel.calendar_sync.credentials import Locker
from artel.calendar_sync.errors import GoogleNotSetUp, LinkIncomplete, LinkStateRefused
from artel.calendar_sync.google_api import CALLBACK_PATH, Google, client_of
from artel.calendar_sync.google_links import link_account, read_state, redeem
from artel.calendars.queries import access_own_calendar
from artel.errors import NotFound
from artel.outbound.calling import Caller
from artel.pages.render import page
from artel.pages.texts import Texts

TEXTS: Texts = {
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
async def link(request: Request[None, None, State]) -> Response[Any]:
    """Google's answer: a code, for which it gives the account's tokens, or why there is none. The state says whose
    calendar it is about; only we can have written it."""
    context = context_of(request)
    client, locker = client_of(context.settings), Locker(context.settings.secret)
    # Google's address is the operator's own setting.
    caller = Caller(allow_private=True)
    given = request.query_params
    try:
        if not client.is_set_up:
            raise GoogleNotSetUp
        state = read_state(locker, given.get("state", ""), now=clock.now())
        async with context.database.connection() as conn:
            calendar = await access_own_calendar(conn, state.person_id, state.calendar_id)
        if not given.get("code"):
            raise LinkIncomplete("declined")
        tokens, calendars = await redeem(Google(client, caller), locker, state, given["code"])
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
        return page(request, "note.html", TEXTS, status_code=404, note="gone", calendar="")
    except LinkIncomplete:
        return page(request, "note.html", TEXTS, status_code=422, note="incomplete", calendar="")
    finally:
        await caller.aclose()
    return page(request, "note.html", TEXTS, note="linked", calendar=calendar.label)


ROUTES: list[Any] = [link]
