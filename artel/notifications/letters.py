"""Letters: one text a language, from which the HTML of the mail is made, so that the two never differ.

A template is `templates/<language>/<name>.txt`: the subject on the first line after "Subject:", an empty line, then
paragraphs parted by empty lines. In the HTML a paragraph that is the code alone stands out, and two lines of which
the second is a web address become a button named by the first.
"""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES = ("EN", "RU")


class Letter(msgspec.Struct, frozen=True):
    subject: str
    text: str
    html: str


class Paragraph(msgspec.Struct, frozen=True):
    lines: list[str]
    is_code: bool = False
    button: str | None = None  # where it leads


ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(["html"], default=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_letter(template: str, language: str, **facts: object) -> Letter:
    """Fill a template. One that names a fact which is not given raises: a letter with a gap in it is never sent."""
    folder = (language if language in LANGUAGES else LANGUAGES[0]).lower()
    try:
        source = ENVIRONMENT.get_template(f"{folder}/{template}.txt")
    except TemplateNotFound:
        raise LookupError(f"there is no letter {folder}/{template}.txt") from None
    # A name with line breaks in it shall not write paragraphs of its own.
    flat = {name: " ".join(fact.split()) if isinstance(fact, str) else fact for name, fact in facts.items()}
    subject, _, text = source.render(flat).strip().partition("\n")
    subject = subject.removeprefix("Subject:").strip()
    text = text.strip()
    code = facts.get("code")
    paragraphs = [read_paragraph(part, code) for part in text.split("\n\n")]
    html = ENVIRONMENT.get_template("letter.html")
    return Letter(subject, text + "\n", html.render(subject=subject, language=folder, paragraphs=paragraphs))


def read_paragraph(part: str, code: object) -> Paragraph:
    lines = [line.strip() for line in part.strip().splitlines()]
    if len(lines) == 2 and lines[1].startswith(("http://", "https://")):
        return Paragraph([lines[0].rstrip(":")], button=lines[1])
    return Paragraph(lines, is_code=code is not None and lines == [str(code)])
