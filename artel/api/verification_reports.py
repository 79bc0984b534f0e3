"""Where a provider of checks calls to say what came of one (docs/customer-api/verification-and-tax.md)."""

from litestar import Request, Response, post
from litestar.datastructures import State

from artel import clock
from artel.api.context import context_of
from artel.errors import NotFound
from artel.verifications.checks import HTTP
from artel.verifications.jobs import record_answer
from artel.verifications.reports import (
    CALLBACK_PATH,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    UnreadableAnswer,
    is_signed,
    read_report,
)
from artel.verifications.steps import lock_verification


@post(CALLBACK_PATH, status_code=200, include_in_schema=False)
async def take_report(request: Request[None, None, State]) -> Response[dict[str, str]]:
    """Signed, fresh, and of a check that the provider was given; said twice or too late it changes nothing."""
    context = context_of(request)
    body = await request.body()
    signed = is_signed(
        context.settings.verification_secret,
        timestamp=request.headers.get(TIMESTAMP_HEADER, ""),
        signed=request.headers.get(SIGNATURE_HEADER, ""),
        body=body,
        now=clock.now(),
    )
    if not signed:
        return Response({"status": "not signed"}, status_code=401)
    try:
        report = read_report(body)
    except UnreadableAnswer:
        return Response({"status": "cannot be read"}, status_code=400)
    try:
        async with context.database.transaction() as conn:
            row = await lock_verification(conn, uuid=report.id)
            if row.provider != HTTP:
                raise NotFound("verification")
            await record_answer(conn, row.id, report.answer, base_url=context.settings.base_url, now=clock.now())
    except NotFound:
        return Response({"status": "unknown check"}, status_code=404)
    return Response({"status": "taken"})


ROUTES = [take_report]
