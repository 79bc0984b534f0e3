"""Configuration: every setting is an ARTEL_… environment variable, read once at start."""

import os
import secrets
from pathlib import Path

import msgspec


class BadSetting(Exception):
    """A setting that cannot be used. The message says which, why and what to do."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings with their defaults. A field `some_name` is read from ARTEL_SOME_NAME.

    docs/settings.md lists them; a test holds the two together.
    """

    home: Path = Path(".artel")  # data of the embedded database, files, sandbox.json
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""  # how others reach this installation; default http://{host}:{port}
    database_url: str = ""  # default: the embedded PostgreSQL under home
    database_pool_size: int = 10
    server_processes: int = 1
    sandbox: bool = False
    secret: str = ""  # signs tokens, at least 32 characters; the sandbox makes its own
    files_url: str = ""  # obstore URL of the object store, e.g. s3://bucket/prefix; default: home/files
    smtp_url: str = ""  # smtp://user:password@host:port, smtps:// for TLS; empty: the sandbox's mailbox alone
    mail_from: str = "Artel <no-reply@localhost>"
    sms_url: str = ""  # HTTP gateway that takes {"to", "text"}; empty: the sandbox's mailbox alone
    token_lifetime_s: int = 65 * 24 * 3600
    payout_rail: str = "sandbox"
    issuer_name: str = "Artel"  # who stands on documents as the supplier: the operator of this installation
    issuer_address: str = ""  # lines parted by ";", as in the next ones
    issuer_tax_id: str = ""
    issuer_bank_rub: str = ""  # where invoices in a currency are paid to
    issuer_bank_usd: str = ""
    issuer_bank_eur: str = ""
    verification_url: str = ""  # provider that checks documents; empty: operators do, and the sandbox by itself
    verification_secret: str = ""  # signs what is said to the provider, and what it says
    tax_service_url: str = "https://statusnpd.nalog.ru/api/v1/tracker/taxpayer_status"  # says who is self-employed
    google_client_id: str = ""  # this installation at Google, for its calendars; empty: none are joined
    google_client_secret: str = ""
    google_auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth"  # where people say yes
    google_oauth_url: str = "https://oauth2.googleapis.com"  # gives tokens and takes them back
    google_api_url: str = "https://www.googleapis.com/calendar/v3"
    max_upload_bytes: int = 20 * 1024 * 1024
    log_level: str = "INFO"
    log_json: bool = True

    @property
    def base_url(self) -> str:
        """The address in links that are mailed, without a slash at the end."""
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def uses_embedded_database(self) -> bool:
        return not self.database_url


def read_settings(environ: dict[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises BadSetting for one that does not parse."""
    source = os.environ if environ is None else environ
    given: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = f"ARTEL_{field.name.upper()}"
        value = source.get(name)
        if value is None or value == "":
            continue
        try:
            given[field.name] = Path(value) if field.type is Path else msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            raise BadSetting(f"{name}={value!r} cannot be used: {error}") from None
    return Settings(**given)  # type: ignore[arg-type]


def kept_secret(home: Path) -> str:
    """The sandbox's signing secret: made once, kept in its home, so that tokens outlive a restart."""
    path = home / "secret"
    if not path.exists():
        aside = home / "secret.new"  # renamed when it is whole: a secret cut short would sign tokens too
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(48), encoding="ascii")
        aside.rename(path)
    return path.read_text(encoding="ascii").strip()
