"""What ends a command without a run: told, never a traceback of Python's own."""

import errno

import pytest

from backstaff.cli.boundary import as_operator_error
from backstaff.errors import ExitCode, HostLost, HostUnreachable
from tests.cli.project import Project


def test_an_error_for_the_operator_comes_out_of_its_group() -> None:
    lost = HostLost("gone", where="h1")
    assert as_operator_error(ExceptionGroup("", [ExceptionGroup("", [lost])])) is lost


def test_several_errors_are_told_as_one() -> None:
    errors = [HostUnreachable("no route", where="h1"), HostLost("gone", where="h2"), ValueError("odd")]
    told = as_operator_error(ExceptionGroup("", errors))
    assert (told.what, told.exit_code) == ("no route", ExitCode.UNREACHABLE)
    assert told.evidence == ("also h2: gone", "also ValueError: odd")


def test_what_nobody_expected_is_an_internal_error(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ExceptionGroup("several", [ZeroDivisionError("one over none")])

    monkeypatch.setattr("backstaff.cli.project.load_config", broken)
    result = project.run("app", "details")
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("internal error: ExceptionGroup: several")
    assert "ZeroDivisionError: one over none" in result.err
    assert "this is a bug in Backstaff" in result.err


def test_help_that_finds_a_full_disk_is_no_bug() -> None:
    told = as_operator_error(OSError(errno.ENOSPC, "No space left on device"))
    assert told.what == "the output could not be written: [Errno 28] No space left on device"


def test_ctrl_c_before_anything_began_is_an_interruption(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backstaff.cli.project.load_config", interrupted)
    assert project.run("config").code == 130
