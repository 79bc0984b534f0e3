"""The server process: Granian in front of the application."""

import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from artel.logs import configure_logs
from artel.process.parent import end_with_parent
from artel.settings import Settings, read_settings

# What requests in hand may take after the order to stop.
LAST_REQUEST_S = 10
# Everything goes through our own logs; Granian's start and stop lines say nothing that ours do not.
LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def run_server(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are answered first. A server process that dies is replaced."""
    configure_logs(settings)
    server = Server(
        "artel.app:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.server_processes,
        websockets=False,
        log_dictconfig=LOG_CONFIG,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=LAST_REQUEST_S,
    )
    if settings.sandbox:
        # For Granian a hang-up means new processes; in a sandbox it is a closed terminal, and the supervisor stops us.
        server.on_startup(lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    server.serve(target_loader=partial(load_application, os.getpid()), wrap_loader=False)


def load_application(parent: int) -> Callable[..., Any]:
    """The application, in the process that serves it."""
    end_with_parent(parent)
    configure_logs(read_settings())
    from artel.app import application

    return application()
