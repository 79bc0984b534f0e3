"""The mail that invites somebody into a company's team, and the link in it."""

import uuid
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from artel.db.pool import Connection
from artel.notifications.rules import send_mail
from artel.people.links import make_link

PURPOSE = "invitation"
LIFETIME_S = 30 * 24 * 3600

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)
TEXTS = {
    "EN": {
        "subject": "{company} invites you to work together",
        "greeting": "Hello!",
        "new": "{company} would like to work with you and pays through Artel. To see tasks and receive your money, "
        "choose a password and tell us who you are. It takes about five minutes.",
        "known": "{company} would like to work with you. You have an account already: sign in and confirm, and you are "
        "in their team.",
        "button_new": "Register",
        "button_known": "Open the invitation",
        "lifetime": "The link works for 30 days and is meant for you alone: please do not pass it on.",
        "unexpected": "Do not know this company? Then simply ignore this mail.",
    },
    "RU": {
        "subject": "{company} приглашает вас к сотрудничеству",
        "greeting": "Здравствуйте!",
        "new": "{company} хочет работать с вами и платит через Artel. Чтобы видеть задания и получать деньги, "
        "придумайте пароль и расскажите о себе. Это займёт около пяти минут.",
        "known": "{company} хочет работать с вами. У вас уже есть аккаунт: войдите, подтвердите приглашение, и вы в "
        "команде.",
        "button_new": "Зарегистрироваться",
        "button_known": "Открыть приглашение",
        "lifetime": "Ссылка действует 30 дней и предназначена только вам: не передавайте её другим.",
        "unexpected": "Не знаете эту компанию? Просто не обращайте внимания на это письмо.",
    },
}


def invitation_url(base_url: str, company_id: int, person_uuid: uuid.UUID, proof: str | None = None) -> str:
    """The registration page's address, in the documented form; `proof` is the mailed token that shows the mailbox.

    Source: M "Приглашение фрилансера": companies build the same address, without a proof.
    """
    query = {
        "utm_source": "company_invite",
        "utm_medium": "invite",
        "invite_from": str(company_id),
        "hashtoken": str(person_uuid),
        "type": "freelancer-registration",
        **({"proof": proof} if proof else {}),
    }
    return f"{base_url}/registration/invite?{urlencode(query)}"


async def mail_invitation(
    conn: Connection,
    *,
    person_id: int,
    person_uuid: uuid.UUID,
    email: str,
    company_id: int,
    company_name: str,
    is_registered: bool,
    language: str,
    base_url: str,
    now: datetime,
) -> None:
    proof = await make_link(
        conn, purpose=PURPOSE, person_id=person_id, company_id=company_id, lifetime_s=LIFETIME_S, now=now
    )
    link = invitation_url(base_url, company_id, person_uuid, proof)
    company = " ".join(company_name.split())
    texts = {key: text.format(company=company) for key, text in TEXTS[language].items()}
    kind = "known" if is_registered else "new"
    facts = {"link": link, "language": language.lower(), "body": texts[kind], "button": texts[f"button_{kind}"]}
    paragraphs = [texts["greeting"], texts[kind], link, texts["lifetime"], texts["unexpected"]]
    await send_mail(
        conn,
        to=email,
        subject=texts["subject"],
        text="\n\n".join(paragraphs) + "\n",
        html=templates.get_template("invitation.html").render({**texts, **facts}),
        link=link,
        now=now,
    )
