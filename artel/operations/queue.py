"""The job queue: work for the worker process that calls the outside or takes its time (mail, SMS, documents).

A job is deferred on the caller's own connection, so it exists exactly when the caller's transaction committed:

    await send_message.configure(connection=conn).defer_async(message_id=message_id)

Tasks are declared with `@queue.task(name=…, retry=…, pass_context=True)` in a domain's jobs.py, which is listed in
TASK_MODULES for the worker to find. A job whose worker was killed runs again, so a task has to bear that.
"""

from typing import cast

import msgspec
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from artel.db.pool import Database
from artel.settings import Settings

TASK_MODULES = [
    "artel.notifications.jobs",
    "artel.operations.jobs",
    "artel.people.jobs",
    "artel.tasks.upload_jobs",
    "artel.webhooks.jobs",
    "artel.documents.jobs",
    "artel.verifications.jobs",
]

queue = App(connector=PsycopgConnector(), import_paths=TASK_MODULES)


class Workshop(msgspec.Struct, frozen=True):
    """What every task works with; the worker hands it over in the job's context."""

    database: Database
    settings: Settings


def workshop_of(context: JobContext) -> Workshop:
    return cast(Workshop, context.additional_context["workshop"])


class Pauses(BaseRetryStrategy):
    """Try again after these seconds, the last pause repeated until `attempts` are spent."""

    def __init__(self, *seconds: int, attempts: int) -> None:
        self.seconds = seconds
        self.attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if job.attempts + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": self.seconds[min(job.attempts, len(self.seconds) - 1)]})
