import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstaff.kamal.script import Marked, last_step, marked_lines, say, say_value, script, step, write_file
from tests.kamal.builders import SHELLS, run_script

each_shell = pytest.mark.parametrize("shell", SHELLS, ids=" ".join)


@each_shell
def test_answers_are_found_among_what_the_host_prints(shell: tuple[str, ...], tmp_path: Path) -> None:
    lines = ["echo hello @backstaff", say("done"), say("note", "it's $HOME"), say_value("sum", "$((1 + 2))")]
    stdout = run_script(shell, script(lines), tmp_path).stdout
    assert marked_lines(stdout) == [Marked("done", ""), Marked("note", "it's $HOME"), Marked("sum", "3")]


@each_shell
def test_the_step_that_failed_is_the_last_one_told(shell: tuple[str, ...], tmp_path: Path) -> None:
    done = run_script(shell, script([step("first"), step("second one"), "exit 3", step("third")]), tmp_path)
    assert (done.returncode, last_step(done.stdout)) == (3, "second one")
    assert last_step("") == ""


@each_shell
def test_a_command_that_reads_its_input_does_not_swallow_the_script(
    shell: tuple[str, ...], tmp_path: Path
) -> None:
    assert marked_lines(run_script(shell, script(["cat", say("after")]), tmp_path).stdout) == [
        Marked("after", "")
    ]


@each_shell
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=500))
def test_files_arrive_byte_for_byte(shell: tuple[str, ...], tmp_path: Path, content: bytes) -> None:
    done = run_script(shell, script([write_file("it's a file", content, 0o640)]), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path / "it's a file"
    assert file.read_bytes() == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


@each_shell
def test_a_file_that_can_not_be_written_ends_the_script(shell: tuple[str, ...], tmp_path: Path) -> None:
    done = run_script(shell, script([write_file("missing/file", b"x", 0o600), say("after")]), tmp_path)
    assert (done.returncode, marked_lines(done.stdout)) == (1, [])
