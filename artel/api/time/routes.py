"""The time API put together: base /api (time-api.md "Paths")."""

from typing import Any

from litestar import Router
from litestar.di import Provide

from artel.api.answers import EXCEPTION_HANDLERS
from artel.api.time import (
    booking,
    calendar_sources,
    contacts,
    events,
    feeds,
    google,
    kal,
    login,
    other_users,
    payments,
    registration,
    schedule_members,
    schedules,
    search,
    uploads,
    user,
)
from artel.api.time.access import at_the_door, at_the_open_door, provide_maybe_person, provide_person
from artel.api.time.errors import TIME

SIGNED_IN_ROUTES: list[Any] = [
    *user.ROUTES,
    *uploads.ROUTES,
    *contacts.ROUTES,
    *other_users.ROUTES,
    *kal.ROUTES,
    *calendar_sources.ROUTES,
    *google.ROUTES,
    *schedules.ROUTES,
    *schedule_members.ROUTES,
    *search.ROUTES,
    *booking.ROUTES,
    *payments.ROUTES,
    *events.ROUTES,
]
# For people signed in or not.
OPEN_ROUTES: list[Any] = [*booking.OPEN_ROUTES]
PUBLIC_ROUTES: list[Any] = [
    *login.PUBLIC_ROUTES,
    *registration.PUBLIC_ROUTES,
    *feeds.ROUTES,
    *google.PUBLIC_ROUTES,
]


def time_router() -> Router:
    signed_in = Router(
        "/",
        route_handlers=SIGNED_IN_ROUTES,
        before_request=at_the_door,
        dependencies={"person": Provide(provide_person, sync_to_thread=False)},
        security=[{"bearer": []}],
    )
    opened = Router(
        "/",
        route_handlers=OPEN_ROUTES,
        before_request=at_the_open_door,
        dependencies={"person": Provide(provide_maybe_person, sync_to_thread=False)},
        security=[{"bearer": []}, {}],
    )
    return Router(
        "/api",
        route_handlers=[signed_in, opened, *PUBLIC_ROUTES],
        exception_handlers=EXCEPTION_HANDLERS,
        opt={"wire": TIME},
    )
