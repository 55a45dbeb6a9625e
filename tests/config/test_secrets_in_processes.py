"""No secret can be read in the list of processes while a secrets file is evaluated."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from backstaff.config.secrets import resolve_secrets
from tests.config.builders import MINIMAL, load, write
from tests.lab.process_watch import Findings, watching

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc to look in")

KAMAL = """\
    #!/bin/sh
    sleep 0.31
    exec cat vault.json
"""


@dataclass(frozen=True)
class Resolved:
    """What came of the line that was added, the secret of the chain, and what the processes showed."""

    value: str
    secret: str
    found: Findings


def resolved(directory: Path, line: str) -> Resolved:
    """Evaluate a chain of `fetch` and `extract` and one more command, for `A`."""
    # All processes of the machine are looked at, those of this test at the same time in another worker too.
    secret, literal = f"secret {uuid4()}", f"literal {uuid4()}"
    chain = [
        "ALL=$(kamal secrets fetch --adapter test PW)",
        "PW=$(kamal secrets extract PW $ALL)",
        f"LITERAL='{literal}'",
        f"A=$({line})",
    ]
    files = {
        "bin/kamal": KAMAL,
        "vault.json": f'{{"team/PW":"{secret}"}}',
        ".kamal/secrets": "\n".join(chain),
    }
    write(directory, files)
    (directory / "bin/kamal").chmod(0o755)
    config = load(directory, MINIMAL)
    environ = {"PATH": f"{directory}/bin:{os.environ['PATH']}"}
    with watching([secret, literal]) as found:
        secrets = asyncio.run(resolve_secrets(config, environ=environ, cwd=directory))
    assert "sleep 0.31" in found.programs
    assert secrets["PW"].reveal() == secret
    return Resolved(
        secrets["A"].reveal().replace(literal, "LITERAL").replace(secret, "SECRET"), secret, found
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("sleep 0.32; echo $PW", "SECRET"),
        ("sleep 0.32; echo '$PW'", "SECRET"),
        ('sleep 0.32; echo "<${PW}>" | cat', "<SECRET>"),
        ("sleep 0.32; echo $LITERAL; exit 0", "LITERAL"),
        ("sleep 0.32; echo $ALL", '{"team/PW":"SECRET"}'),
    ],
)
def test_no_secret_is_an_argument_of_a_program(tmp_path: Path, line: str, value: str) -> None:
    seen = resolved(tmp_path, line)
    assert seen.value == value
    assert seen.found.arguments == []
    assert "sleep 0.32" in seen.found.programs


def test_what_a_line_runs_is_not_given_the_secrets_that_stand_in_it(tmp_path: Path) -> None:
    with_secret = {program for _, program in resolved(tmp_path, "sleep 0.32; echo $PW").found.environments}
    assert with_secret
    assert all(program.startswith("/bin/sh -c eval ") for program in with_secret), with_secret


def test_a_program_that_the_line_gives_a_secret_to_shows_it(tmp_path: Path) -> None:
    seen = resolved(tmp_path, "sh -c 'sleep 0.32; true' tool \"$PW\"")
    assert {program for _, program in seen.found.arguments} == {f"sh -c sleep 0.32; true tool {seen.secret}"}
