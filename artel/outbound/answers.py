"""What the other side says when it does not simply answer."""

import email.utils
import ssl
from datetime import datetime

from artel import clock


def is_about_tls(error: BaseException | None) -> bool:
    """httpcore gives a failed handshake the same name as a refused connection; its cause tells them apart."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def seconds_of(retry_after: str | None) -> float | None:
    """A Retry-After in seconds; it may be written so, or as a date of the other side's clock."""
    if not retry_after:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at: datetime = email.utils.parsedate_to_datetime(text)
        return max(0.0, (at - clock.outside_now()).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
