"""A file of a bank's, whichever it is."""

from artel.bank_files.errors import ReportUnreadable
from artel.bank_files.reports.entries import Report
from artel.bank_files.reports.exchange_1c import is_1c, read_statement
from artel.bank_files.reports.notifications import read_notification
from artel.bank_files.reports.status_reports import read_status_report
from artel.bank_files.reports.xml import namespace_of, read_message, read_tree

MOST_BYTES = 50 * 1024 * 1024
PREFIX = "urn:iso:std:iso:20022:tech:xsd:"


def read_report(content: bytes) -> Report:
    """Refuses: ReportUnreadable for a file that is too large, damaged or of another kind; nothing of it is taken."""
    if len(content) > MOST_BYTES:
        raise ReportUnreadable(f"it is larger than {MOST_BYTES // 2**20} MiB")
    if is_1c(content):
        return Report("1C", read_statement(content))
    root = read_tree(content)
    message = namespace_of(root).removeprefix(PREFIX)
    # The classes of one message take a quarter of a second to load: only those that are needed.
    match message:
        case "pain.002.001.03":
            from pyiso20022.pain.pain_002_001_03 import Document as StatusReport3

            return Report(message, list(read_status_report(read_message(root, StatusReport3))))
        case "pain.002.001.10":
            from pyiso20022.pain.pain_002_001_10 import Document as StatusReport10

            return Report(message, list(read_status_report(read_message(root, StatusReport10))))
        case "camt.054.001.02":
            from pyiso20022.camt.camt_054_001_02 import Document as Notification2

            return Report(message, list(read_notification(read_message(root, Notification2))))
        case "camt.054.001.08":
            from pyiso20022.camt.camt_054_001_08 import Document as Notification8

            return Report(message, list(read_notification(read_message(root, Notification8))))
    raise ReportUnreadable(f"it is no report known here: {(message or root.tag)[:100]}")
