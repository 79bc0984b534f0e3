"""Settings: what the documentation says of them is what the program does."""

import re
from pathlib import Path

import msgspec
import pytest

from artel.process.checks import CannotStart, check_production, check_settings
from artel.settings import BadSetting, Settings, kept_secret, read_settings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
ROW = re.compile(r"^\| `ARTEL_(\w+)` \| (?:`([^`]*)`)? ?\| \S", re.MULTILINE)


def as_documented(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def test_the_page_lists_every_setting_with_its_default() -> None:
    documented = dict(ROW.findall(PAGE.read_text(encoding="utf-8").split("For the tests alone")[0]))
    actual = {field.name.upper(): as_documented(field.default) for field in msgspec.structs.fields(Settings)}
    assert documented == actual


def test_defaults_of_the_page_are_read_back() -> None:
    """What the page shows as a default may be set, and changes nothing."""
    documented = dict(ROW.findall(PAGE.read_text(encoding="utf-8").split("For the tests alone")[0]))
    assert read_settings({f"ARTEL_{name}": value for name, value in documented.items()}) == Settings()


def test_reading() -> None:
    settings = read_settings({"ARTEL_PORT": "81", "ARTEL_SANDBOX": "1", "ARTEL_HOME": "/data", "PORT": "99"})
    assert (settings.port, settings.sandbox, settings.home) == (81, True, Path("/data"))
    assert read_settings({"ARTEL_PORT": ""}) == Settings()


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({"ARTEL_PORT": "http"}, "ARTEL_PORT='http' cannot be used"),
        ({"ARTEL_PORT": "70000"}, "ARTEL_PORT=70000 is no port"),
        ({"ARTEL_SANDBOX": "perhaps"}, "ARTEL_SANDBOX='perhaps' cannot be used"),
        ({"ARTEL_LOG_LEVEL": "loud"}, "ARTEL_LOG_LEVEL=loud is unknown"),
        ({"ARTEL_SERVER_PROCESSES": "0"}, "ARTEL_SERVER_PROCESSES=0 is too small"),
        ({"ARTEL_PUBLIC_URL": "artel.example.org"}, "ARTEL_PUBLIC_URL is no web address"),
        ({"ARTEL_SMTP_URL": "http://mail.example.org"}, "ARTEL_SMTP_URL cannot be read"),
        ({"ARTEL_SMTP_URL": "smtp://mail.example.org:port"}, "ARTEL_SMTP_URL cannot be read"),
    ],
)
def test_what_cannot_be_used_is_named(environment: dict[str, str], text: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(text)):
        check_settings(read_settings(environment))


PRODUCTION = Settings(database_url="postgresql://artel@db/artel", secret="x" * 32)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"sandbox": True}, "ARTEL_SANDBOX=1 is for `artel sandbox` alone"),
        ({"database_url": ""}, "ARTEL_DATABASE_URL is not set"),
        ({"secret": "x" * 31}, "at least 32 characters and has 31"),
    ],
)
def test_production_refuses_a_sandboxs_comforts(changes: dict[str, object], text: str) -> None:
    check_production(PRODUCTION)
    with pytest.raises(CannotStart, match=re.escape(text)):
        check_production(msgspec.structs.replace(PRODUCTION, **changes))


def test_the_sandboxs_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    secret = kept_secret(tmp_path)
    assert len(secret) >= 32
    assert kept_secret(tmp_path) == secret
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
