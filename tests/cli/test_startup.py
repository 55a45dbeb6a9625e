"""What a command loads: nothing that it has no use for, in interpreters of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.project import DEPLOY_YML
from tests.recordings import recorded
from tests.replay.journals import a_journal
from tests.simulator.test_server import access_of, server

_TELL = """
import json, sys
from backstaff.cli.main import main
sys.argv = ["backstaff", *sys.argv[1:]]
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""
CONSOLE = {"textual", "rich"}
NETWORK = {"asyncssh", "aiodocker", "aiohttp", "cryptography"}


def loaded_by(directory: Path, *argv: str, code: int = 0) -> set[str]:
    """The packages that were loaded when a command had ended with this exit code."""
    environ = {
        **os.environ,
        "HOME": str(directory),
        "BACKSTAFF_STATE_DIR": str(directory / "state"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", _TELL, *argv], cwd=directory, env=environ, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A project, and a run of it that is recorded."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/deploy.yml").write_text(DEPLOY_YML)
    (tmp_path / ".kamal").mkdir()
    (tmp_path / ".kamal/secrets").write_text("REGISTRY_PASSWORD=hunter22")
    (tmp_path / "state/runs").mkdir(parents=True)
    a_journal(tmp_path / "state/runs", recorded("healthy"), "20261123-113601-cace.jsonl")
    return tmp_path


@pytest.mark.parametrize("argv", ["version", "--help", "deploy --help"])
def test_what_tells_of_the_program_loads_neither_console_nor_network(directory: Path, argv: str) -> None:
    assert not loaded_by(directory, *argv.split()) & (CONSOLE | NETWORK)


@pytest.mark.parametrize("argv", ["version", "--help"])
def test_the_first_words_do_not_wait_for_the_models(directory: Path, argv: str) -> None:
    assert not loaded_by(directory, argv) & {"pydantic", "yaml"}


@pytest.mark.parametrize(
    "argv", ["plan --offline -P --version v2", "runs", "runs compare cace cace", "demo --list"]
)
def test_what_stays_on_this_machine_loads_neither_console_nor_network(directory: Path, argv: str) -> None:
    assert not loaded_by(directory, *argv.split()) & (CONSOLE | NETWORK)


def test_an_alias_loads_what_its_command_needs_and_no_more(directory: Path) -> None:
    with (directory / "config/deploy.yml").open("a") as file:
        file.write("aliases:\n  history: runs\n")
    assert "yaml" not in loaded_by(directory, "runs")
    assert not loaded_by(directory, "history") & (CONSOLE | NETWORK)


def test_what_connects_is_loaded_while_the_secrets_are_fetched(directory: Path) -> None:
    (directory / ".kamal/secrets").write_text("REGISTRY_PASSWORD=$(exit 1)")
    loaded = loaded_by(directory, "deploy", "-P", "--version", "v2", code=2)
    assert "asyncssh" in loaded
    assert not loaded & CONSOLE


def test_a_headless_run_does_not_load_the_console(directory: Path) -> None:
    loaded = loaded_by(directory, "demo", "--no-tui", "--speed", "2")
    assert not loaded & CONSOLE
    assert loaded >= {"asyncssh", "aiodocker"}


@pytest.mark.parametrize(("version", "code"), [("v1", 0), ("never-pushed", 1)])
def test_a_headless_deploy_does_not_load_the_console_up_to_its_end(
    directory: Path, version: str, code: int
) -> None:
    with server("--hosts", "1", "--speed", "8") as process:
        (directory / "config/deploy.yml").write_text(str(access_of(process)["deploy_yml"]))
        loaded = loaded_by(directory, "deploy", "-P", "--version", version, "--no-tui", code=code)
    assert not loaded & CONSOLE
    assert loaded >= {"asyncssh", "aiodocker"}
