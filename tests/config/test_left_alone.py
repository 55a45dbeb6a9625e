"""What Kamal acts on and Backstaff does not is told at its place."""

from pathlib import Path

import pytest

from backstaff.cli.main import COMMANDS
from backstaff.config.schema.aliases import KAMALS_COMMANDS, OWN_COMMANDS
from tests.config.builders import MINIMAL, load

JOURNAL = "the journal of each run is what there is, see `backstaff runs`"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "output:\n  file:\n    path: log/deploys\n",
            f"7:3: output/file: Backstaff writes nothing there: {JOURNAL}",
        ),
        (
            "output: {otel: {endpoint: 'https://token@otel.test'}}\n",
            f"6:10: output/otel: Backstaff sends nothing there: {JOURNAL}",
        ),
        (
            "aliases:\n  logs: app logs -f\n  plan: app details\n",
            "8:9: aliases/plan: is never used: `backstaff plan` is a command of its own",
        ),
    ],
)
def test_what_has_no_effect_is_warned_about(tmp_path: Path, text: str, expected: str) -> None:
    warnings = load(tmp_path, MINIMAL + text).warnings
    assert [str(each) for each in warnings] == [f"{tmp_path}/deploy.yml:{expected}"]


def test_what_is_in_the_file_of_the_destination_is_warned_about_there(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL, destination="staging", over="output: {file: {path: log}}\n")
    assert [each.file.name for each in config.warnings] == ["deploy.staging.yml"]


@pytest.mark.parametrize("text", ["output: {}", "aliases: {logs: app logs}", "ssh: {log_level: debug}"])
def test_what_is_harmless_is_not_warned_about(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, f"{MINIMAL}{text}\n").warnings == ()


def test_the_commands_that_can_hide_an_alias_are_those_that_kamal_does_not_have() -> None:
    assert set(COMMANDS) - KAMALS_COMMANDS == OWN_COMMANDS
