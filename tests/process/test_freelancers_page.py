"""The commands of docs/customer-api/freelancers.md, typed as they are written; its output compared."""

from tests.process.installation import ROOT, Installation
from tests.process.test_tour import Shell, blocks, shell, unchanging

__all__ = ["shell"]  # a fixture


def test_by_curl(installation: Installation, shell: Shell) -> None:
    installation.start()
    page = (ROOT / "docs" / "customer-api" / "freelancers.md").read_text(encoding="utf-8")
    walked = list(blocks(page[page.index("## By curl") :]))
    assert len(walked) == 6
    for commands, shown in walked:
        said = shell.type(commands.replace(":8000", f":{installation.port}"))
        assert unchanging(said) == unchanging(shown)
    assert installation.stop() == 0
