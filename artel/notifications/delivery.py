"""Handing a message over to the outside: a mail server, an SMS gateway.

The two clients are loaded when first used: the server, which only writes messages down, starts the faster for it.
"""

import email.utils
import ssl
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from artel.settings import BadSetting, Settings

TIMEOUT_S = 30


class Attachment(msgspec.Struct, frozen=True):
    """`content_type` with its parameters: "text/calendar; method=REQUEST"."""

    name: str
    content_type: str
    content: bytes


class Message(msgspec.Struct, frozen=True):
    id: int
    channel: str
    recipient: str
    subject: str
    text: str
    html: str | None
    created_at: datetime
    attachments: tuple[Attachment, ...] = ()

    @property
    def key(self) -> str:
        """The same at each attempt, so that a mail sent twice is shown once and a gateway can tell."""
        return f"artel.{self.id}.{self.created_at:%Y%m%d%H%M%S%f}"


class NotDelivered(Exception):
    """Not this time; another attempt may succeed."""


class Undeliverable(Exception):
    """Refused for good: the recipient or the message is at fault."""


class MailServer(msgspec.Struct, frozen=True):
    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool  # from the first byte
    start_tls: bool | None  # None: where the server offers it


def mail_server(url: str) -> MailServer:
    """Read ARTEL_SMTP_URL: smtp://user:password@host:port (TLS where offered; ?tls=none never), smtps:// TLS at once.

    Raises BadSetting.
    """
    wanted = "it looks like smtp://user:password@host:587 or smtps://user:password@host:465"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadSetting(f"ARTEL_SMTP_URL cannot be read ({error}): {wanted}") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise BadSetting(f"ARTEL_SMTP_URL cannot be read: {wanted}")
    use_tls = parts.scheme == "smtps"
    plain = use_tls or parse_qs(parts.query).get("tls") == ["none"]
    return MailServer(
        host=parts.hostname,
        port=port or (465 if use_tls else 25),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=use_tls,
        start_tls=False if plain else None,
    )


async def hand_over(settings: Settings, message: Message) -> None:
    """Send one message. Raises NotDelivered or Undeliverable. Without a URL the sandbox's mailbox is its place."""
    url, name = (settings.smtp_url, "SMTP") if message.channel == "email" else (settings.sms_url, "SMS")
    if not url:
        if settings.sandbox:
            return
        raise NotDelivered(f"ARTEL_{name}_URL is not set")
    if message.channel == "email":
        await hand_over_mail(mail_server(url), settings.mail_from, message)
    else:
        await hand_over_sms(url, message)


def compose(message: Message, *, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ascii_domain(message.recipient)
    mail["Subject"] = message.subject
    mail["Date"] = email.utils.format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.key}@{email.utils.parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for file in message.attachments:
        attach(mail, file)
    return mail


def attach(mail: EmailMessage, file: Attachment) -> None:
    """Text goes as UTF-8 text with its parameters, so that a mail program takes an invitation for one."""
    header = EmailMessage()
    header["Content-Type"] = file.content_type
    kind = header["Content-Type"]
    if kind.maintype == "text":
        parameters = {name: value for name, value in kind.params.items() if name != "charset"}
        text = file.content.decode()
        mail.add_attachment(text, subtype=kind.subtype, filename=file.name, params=parameters)
    else:
        mail.add_attachment(file.content, maintype=kind.maintype, subtype=kind.subtype, filename=file.name)


def ascii_domain(address: str) -> str:
    """The address with its domain as mail servers know it: почта@пример.рф is on xn--e1afmkfd.xn--p1ai."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address


async def hand_over_mail(server: MailServer, sender: str, message: Message) -> None:
    import aiosmtplib

    try:
        mail = compose(message, sender=sender)
    except ValueError as error:
        raise Undeliverable(f"the mail cannot be put together: {error}") from error
    try:
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.use_tls,
            start_tls=server.start_tls,
            timeout=TIMEOUT_S,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        answers = [f"{refusal.code} {refusal.message}" for refusal in error.recipients]
        permanent = all(refusal.code >= 500 for refusal in error.recipients)
        raise (Undeliverable if permanent else NotDelivered)(", ".join(answers)) from error
    except aiosmtplib.SMTPDataError as error:
        reason = f"{error.code} {error.message}"
        raise (Undeliverable if error.code >= 500 else NotDelivered)(reason) from error
    except aiosmtplib.SMTPNotSupported as error:
        raise Undeliverable(str(error)) from error
    except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error


# Answers of a gateway that say "later": time-out, too early, too many.
PASSING_ANSWERS = {408, 425, 429}


async def hand_over_sms(url: str, message: Message) -> None:
    """POST {"to": "+…", "text"} to the gateway; any 2xx is taken for sent."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            reply = await client.post(
                url,
                json={"to": f"+{message.recipient}", "text": message.text},
                headers={"Idempotency-Key": message.key},
            )
    except httpx.HTTPError as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    if reply.is_success:
        return
    reason = f"the gateway answered {reply.status_code}"
    if reply.is_client_error and reply.status_code not in PASSING_ANSWERS:
        raise Undeliverable(reason)
    raise NotDelivered(reason)
