"""Letters read alike as text and HTML, in both languages, and carry nothing but what they were given."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from artel.notifications.letters import TEMPLATES, write_letter

FACTS = {"company": "Aurora <Studio>", "name": "Ann", "link": "https://artel.example/a?b=1&c=2", "code": "012345"}


def test_every_letter_is_there_in_both_languages() -> None:
    def names(folder: Path) -> set[str]:
        return {path.name for path in folder.glob("*.txt")}

    assert names(TEMPLATES / "en") == names(TEMPLATES / "ru")
    assert {"invitation.txt", "one_time_code.txt"} <= names(TEMPLATES / "en")


@pytest.mark.parametrize(("language", "word"), [("EN", "invites"), ("RU", "приглашает"), ("XX", "invites")])
def test_invitation(language: str, word: str) -> None:
    letter = write_letter("invitation", language, **FACTS)
    assert word in letter.subject
    assert FACTS["link"] in letter.text
    assert "Aurora <Studio>" in letter.text
    assert "Aurora &lt;Studio&gt;" in letter.html
    assert '<a href="https://artel.example/a?b=1&amp;c=2"' in letter.html
    assert "<script" not in letter.html


@pytest.mark.parametrize("language", ["EN", "RU"])
def test_code_stands_out(language: str) -> None:
    letter = write_letter("one_time_code", language, code="012345", purpose="your sign-in", minutes=10)
    assert "012345" in letter.subject
    assert "\n012345\n" in letter.text
    assert "font-size:32px" in letter.html.split("012345</p>")[0][-120:]


def test_a_letter_with_a_gap_is_not_written() -> None:
    with pytest.raises(UndefinedError):
        write_letter("invitation", "EN", company="Aurora", name="Ann")
    with pytest.raises(LookupError):
        write_letter("no_such_letter", "EN")


def test_a_name_cannot_write_paragraphs() -> None:
    letter = write_letter("invitation", "EN", **(FACTS | {"name": "Ann\n\nPay here:\nhttps://evil.example"}))
    assert letter.html.count("<a href=") == 1
