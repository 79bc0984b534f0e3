"""The `artel` command, as somebody at a terminal meets it."""

import re
import signal
from collections.abc import Iterator

import psycopg
import pytest
from click import Group

from artel.cli import artel
from tests.databases import clone
from tests.outside import MailServer
from tests.process.installation import Installation, scratch_folder
from tests.waiting import wait_for


@pytest.fixture
def production(database_url: str) -> Iterator[Installation]:
    """A production installation's settings over a migrated database."""
    with scratch_folder() as folder:
        here = Installation(folder / "home", ARTEL_DATABASE_URL=database_url, ARTEL_SECRET="s" * 40)
        yield here
        here.remove()


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as conn:
        return conn.execute(sql).fetchall()


def commands(group: Group, *path: str) -> Iterator[tuple[str, str]]:
    for name, command in group.commands.items():
        yield " ".join([*path, name]), command.help or ""
        if isinstance(command, Group):
            yield from commands(command, *path, name)


def test_every_command_says_what_it_does() -> None:
    for name, text in commands(artel):
        first = text.split("\n\n")[0].replace("\n", " ").strip()
        assert re.fullmatch(r"[A-Z].{10,110}\.", first), name


def test_help_and_version(production: Installation) -> None:
    code, output, _ = production.run("--help")
    assert code == 0
    for name in (
        "sandbox",
        "serve",
        "worker",
        "migrate",
        "doctor",
        "company",
        "agreement",
        "acceptance-file",
        "operator",
        "ledger",
        "lookups",
    ):
        assert re.search(rf"^  {name} +[A-Z].*\.$", output, re.MULTILINE), name
    assert production.run("--version")[1].startswith("artel 0.")


def test_serve_and_worker_in_production(production: Installation) -> None:
    server = production.command("serve")
    worker = production.command("worker")
    wait_for(production.is_ready)
    # What is a sandbox's alone is not there, whatever the settings of whoever asks.
    assert production.get("/sandbox/messages") == 404
    for process in (server, worker):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert production.family() == []


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_start_that_cannot_be_is_refused_in_one_line(production: Installation, server_url: str, command: str) -> None:
    production.settings["ARTEL_SANDBOX"] = "1"
    code, output, errors = production.run(command)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "ARTEL_SANDBOX=1 is for `artel sandbox` alone" in errors

    del production.settings["ARTEL_SANDBOX"]
    with clone(server_url, "template0") as production.settings["ARTEL_DATABASE_URL"]:
        code, output, errors = production.run(command)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "is not migrated: run `artel migrate` first" in errors


def test_migrate_then_the_first_accounts(production: Installation, server_url: str) -> None:
    with clone(server_url, "template0") as url:
        production.settings["ARTEL_DATABASE_URL"] = url
        assert production.run("migrate")[:2] == (0, "Migrated; 198 services, 249 countries.\n")
        assert production.run("migrate")[1].startswith("Up to date")
        code, output, _ = production.run("lookups", "load")
        assert code == 0
        assert "   249 countries" in output

        account = ["--email", "owner@aurora.example", "--first-name", "Olga", "--password-stdin"]
        company = ["--name", "Aurora", "--currency", "eur", "--country", "de", "--commission", "10.5", "--vat", "20"]
        code, output, errors = run_with_password(production, "company", "create", *company, *account)
        assert (code, errors) == (0, "")
        assert "owner@aurora.example signs in as its owner" in output
        assert rows(url, "SELECT name, currency, country, commission_percent::text FROM company") == [
            ("Aurora", "EUR", "DE", "10.500")
        ]
        assert rows(url, "SELECT role, is_default FROM company_member") == [("owner", True)]

        # All or nothing: the second company's owner has an address that is taken.
        code, _, errors = run_with_password(production, "company", "create", *company, *account)
        assert (code, errors) == (1, "artel: email: This e-mail address is already in use.\n")
        assert rows(url, "SELECT count(*) FROM company") == [(1,)]

        operator = ["operator", "create", "--email", "ops@artel.example", "--password-stdin"]
        code, _, errors = run_with_password(production, *operator, password="short")
        assert code == 1
        assert "A password has at least 8 characters" in errors
        assert run_with_password(production, *operator)[0] == 0
        assert rows(url, "SELECT email FROM person WHERE is_operator") == [("ops@artel.example",)]


def test_members_come_and_go(production: Installation) -> None:
    url = production.database_url
    company = ["company", "create", "--name", "Aurora", "--currency", "EUR", "--country", "DE"]
    code, output, errors = run_with_password(
        production, *company, "--email", "owner@aurora.example", "--password-stdin"
    )
    assert (code, errors) == (0, "")
    number = output.split()[1]
    add = ["company", "add-member", number, "--password-stdin", "--email"]
    assert run_with_password(production, *add, "books@aurora.example", "--role", "accountant")[:2] == (
        0,
        f"books@aurora.example is accountant of company {number}.\n",
    )
    members = "SELECT email, role FROM company_member JOIN person ON person.id = person_id WHERE ended_at IS NULL"
    assert rows(url, f"{members} ORDER BY 1") == [
        ("books@aurora.example", "accountant"),
        ("owner@aurora.example", "owner"),
    ]
    # All or nothing: no account for a company that does not exist.
    code, _, errors = run_with_password(
        production,
        "company",
        "add-member",
        "999999",
        "--role",
        "viewer",
        "--email",
        "x@aurora.example",
        "--password-stdin",
    )
    assert (code, errors) == (1, "artel: Not found.\n")
    assert rows(url, "SELECT count(*) FROM person") == [(2,)]
    code, _, errors = run_with_password(production, *add, "books@aurora.example", "--role", "viewer")
    assert (code, errors) == (1, "artel: person id: The person is already a member.\n")

    remove = ["company", "remove-member", number, "--email"]
    assert production.run(*remove, "owner@aurora.example")[0] == 1
    assert production.run(*remove, "nobody@aurora.example")[::2] == (1, "artel: Not found.\n")
    assert production.run(*remove, "books@aurora.example")[0] == 0
    assert rows(url, members) == [("owner@aurora.example", "owner")]
    # Somebody with an account keeps it, and their password.
    assert (
        production.run("company", "add-member", number, "--role", "viewer", "--email", "Books@aurora.example")[0] == 0
    )
    assert len(rows(url, members)) == 2


def test_a_document_that_tasks_can_ask_to_accept(production: Installation) -> None:
    company = ["company", "create", "--name", "Aurora", "--currency", "EUR", "--country", "DE"]
    _, output, _ = run_with_password(production, *company, "--email", "owner@aurora.example", "--password-stdin")
    number = output.split()[1]
    production.home.mkdir(parents=True, exist_ok=True)
    paper = production.home / "nda.txt"
    paper.write_text("Tell nobody.", encoding="utf-8")
    titles = ["--title-en", "NDA", "--title-ru", "Соглашение о неразглашении"]
    code, output, errors = production.run("company", "add-document", number, str(paper), *titles)
    assert (code, errors) == (0, "")
    assert "in acceptanceFileIds" in output
    assert rows(
        production.database_url,
        "SELECT a.company_id, title_en, name, content_type FROM acceptance_file AS a JOIN file ON file.id = file_id",
    ) == [(int(number), "NDA", "nda.txt", "text/plain")]

    assert production.run("company", "add-document", "999999", str(paper), *titles)[::2] == (1, "artel: Not found.\n")
    paper.write_text("<script>", encoding="utf-8")
    code, _, errors = production.run("company", "add-document", number, str(paper), *titles)
    assert (code, errors.count("\n")) == (1, 1)
    assert "could harm whoever opens it" in errors
    assert sum(1 for kept in (production.home / "files").rglob("*") if kept.is_file()) == 1


def test_an_agreement_is_published(production: Installation) -> None:
    production.home.mkdir(parents=True, exist_ok=True)
    english, russian = production.home / "en.txt", production.home / "ru.txt"
    english.write_text("# Work\n\nYou work.\n", encoding="utf-8")
    russian.write_bytes("# Работа".encode("cp1251"))
    publish = ["agreement", "publish", "--title-en", "Agreement", "--title-ru", "Договор"]
    publish += ["--text-en", str(english), "--text-ru", str(russian)]
    code, _, errors = production.run(*publish)
    assert code == 1
    assert "is no UTF-8 text" in errors
    russian.write_text("# Работа\n\nВы работаете.\n", encoding="utf-8")
    code, output, errors = production.run(*publish)
    assert (code, errors) == (0, "")
    assert "is in force" in output
    assert rows(production.database_url, "SELECT version, title_ru, text_en FROM agreement_template") == [
        (1, "Договор", "# Work\n\nYou work.")
    ]
    assert production.run("agreement", "list")[1].startswith("   1  ")
    production.run(*publish)
    code, output, errors = production.run("agreement", "list")
    assert (code, errors) == (0, "")
    assert re.findall(r"^ +(\d)  [0-9a-f-]{36}  .*signed by 0  Agreement / Договор$", output, re.MULTILINE) == [
        "2",
        "1",
    ]


def test_documents_of_every_company_are_offered_and_withdrawn(production: Installation) -> None:
    production.home.mkdir(parents=True, exist_ok=True)
    paper = production.home / "nda.txt"
    paper.write_text("Tell nobody.", encoding="utf-8")
    titles = ["--title-en", "NDA", "--title-ru", "Соглашение о неразглашении"]
    assert production.run("acceptance-file", "list") == (0, "", "")
    code, output, errors = production.run("acceptance-file", "add", str(paper), *titles)
    assert (code, errors) == (0, "")
    number = output.split("name it ")[1].split()[0]
    assert output.startswith("Tasks of every company")
    assert rows(production.database_url, "SELECT company_id, owner_id FROM file") == [(None, None)]
    code, output, _ = production.run("acceptance-file", "list")
    assert output.strip() == f"{number}  every company  offered  signed 0 of 0  NDA (nda.txt)"
    for _ in range(2):
        code, output, errors = production.run("acceptance-file", "withdraw", number)
        assert (code, errors) == (0, "")
    assert "withdrawn 20" in production.run("acceptance-file", "list")[1]
    assert production.run("acceptance-file", "withdraw", "999")[::2] == (1, "artel: Not found.\n")
    # What is refused leaves no bytes behind.
    assert production.run("acceptance-file", "add", str(paper), *titles, "--company", "999")[0] == 1
    picture = production.home / "nda.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    code, _, errors = production.run("acceptance-file", "add", str(picture), *titles)
    assert (code, errors.count("\n")) == (1, 1)
    assert "Taken are: doc, docx" in errors
    assert sum(1 for kept in (production.home / "files").rglob("*") if kept.is_file()) == 1


def run_with_password(
    installation: Installation, *arguments: str, password: str = "correct horse"
) -> tuple[int, str, str]:
    return installation.run(*arguments, standard_input=f"{password}\n")


def test_doctor_finds_what_is_wrong(production: Installation, mail_server: MailServer) -> None:
    production.settings |= {
        "ARTEL_SMTP_URL": "smtp://127.0.0.1:1",
        "ARTEL_SMS_URL": "http://127.0.0.1:1/",
        "ARTEL_FILES_URL": "file:///proc/nowhere",
        "ARTEL_SECRET": "short",
    }
    with psycopg.connect(production.database_url, autocommit=True) as conn:
        conn.execute(
            """
            INSERT INTO message (channel, recipient, text, created_at, last_error)
            VALUES ('email', 'ann@example.org', 'A text', clock_timestamp() - interval '1 day', 'mailbox full')
            """
        )
    code, output, errors = production.run("doctor")
    assert (code, errors) == (1, "")
    found = findings(output)
    problems = {subject for subject, (is_problem, _) in found.items() if is_problem}
    assert problems == {"settings", "messages", "payouts", "files", "mail", "sms"}, output
    assert "ARTEL_SECRET needs at least 32 characters" in found["settings"][1]
    assert "1 wait" in found["messages"][1]
    assert "mailbox full" in found["messages"][1]
    assert "Check ARTEL_SMTP_URL" in found["mail"][1]
    assert found["database"][1].endswith("migrated")
    assert "agree" in found["clock"][1]
    assert "ann@" not in output

    production.settings["ARTEL_SMTP_URL"] = mail_server.url
    del production.settings["ARTEL_FILES_URL"]
    found = findings(production.run("doctor")[1])
    assert found["mail"] == (False, "the mail server takes us in")
    assert found["files"][0] is False


def findings(output: str) -> dict[str, tuple[bool, str]]:
    lines = [re.fullmatch(r"(ok|problem) +(\w+) +(.+)", line) for line in output.splitlines()]
    assert all(lines), output
    return {line[2]: (line[1] == "problem", line[3]) for line in lines if line}


def test_doctor_without_anything(production: Installation) -> None:
    del production.settings["ARTEL_DATABASE_URL"]
    code, output, errors = production.run("doctor")
    assert (code, errors) == (1, "")
    assert "`artel sandbox` makes one" in findings(output)["database"][1]
    assert not production.home.exists()


@pytest.mark.parametrize("command", [("ledger", "verify"), ("lookups", "load")], ids=" ".join)
def test_a_command_without_anything_makes_nothing(production: Installation, command: tuple[str, str]) -> None:
    del production.settings["ARTEL_DATABASE_URL"]
    code, output, errors = production.run(*command)
    assert (code, output, errors.count("\n")) == (1, "", 1)
    assert "`artel sandbox` makes one" in errors
    assert not production.home.exists()


def test_a_sandbox_and_its_books_examined_stopped_and_running(installation: Installation) -> None:
    code, output, _ = installation.run("doctor")
    assert code == 0, output
    assert "stopped" in findings(output)["sandbox"][1]
    assert installation.family() == []

    installation.start()
    code, output, _ = installation.run("doctor")
    assert code == 0, output
    assert "running" in findings(output)["sandbox"][1]
    code, output, errors = installation.run("ledger", "verify")
    assert (code, errors) == (0, "")
    assert output.rstrip().endswith("the books balance")

    # Somebody with the keys to the database writes balances by hand.
    with psycopg.connect(installation.database_url, autocommit=True) as conn:
        conn.execute("SET session_replication_role = replica")
        changed = conn.execute("UPDATE account SET balance = balance + 1 WHERE balance IS NOT NULL").rowcount
    assert changed > 0
    code, output, _ = installation.run("ledger", "verify")
    assert code == 1
    assert f"{changed} differences" in output
    found = findings(installation.run("doctor")[1])
    assert found["ledger"] == (True, f"{changed} differences: `artel ledger verify` names them")
    assert installation.is_ready()
    assert installation.stop() == 0
