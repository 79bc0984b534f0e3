"""Writing what people uploaded, batch by batch."""

from procrastinate import JobContext

from artel import clock
from artel.operations.queue import Pauses, queue, workshop_of
from artel.tasks.uploads import work_on


@queue.task(name="write_upload", retry=Pauses(2, 10, 60, 300, attempts=20), pass_context=True)
async def write_upload(context: JobContext, *, upload_id: int) -> None:
    database = workshop_of(context).database
    more = True
    while more:
        async with database.transaction() as conn:
            more = await work_on(conn, upload_id, now=clock.now())
