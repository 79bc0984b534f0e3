"""All measurements of one run, side by side with their peers: `make bench`, or `python -m bench --quick`."""

import asyncio
import sys

from bench import bookings, calendars, contacts, documents, ledger, payments, search, slots, start, task_list, webhooks
from bench.report import print_rows

PARTS = {
    "Task list": task_list.run,
    "Ledger": ledger.run,
    "Payments over HTTP": payments.run,
    "Bookings": bookings.run,
    "Web hooks": webhooks.run,
    "Search": search.run,
    "Calendars": calendars.run,
    "Slots": slots.run,
    "Documents": documents.run,
    "Contacts": contacts.run,
    "Starting the sandbox": start.run,
}


def main() -> None:
    quick = "--quick" in sys.argv
    for number, (title, run) in enumerate(PARTS.items(), 1):
        print(f"[{number}/{len(PARTS)}] {title} …", file=sys.stderr, flush=True)
        print_rows(title, asyncio.run(run(quick=quick)))


if __name__ == "__main__":
    main()
