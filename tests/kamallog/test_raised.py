"""Kamal's last words are taken apart by host."""

import pytest

from backstaff.errors import (
    BackstaffError,
    CommandFailed,
    HookFailed,
    HostLost,
    HostUnreachable,
    LoginRefused,
)
from backstaff.kamallog.raised import HostFailure, error_of, kamal_error, without_time

SSHKIT = "SSHKit::Command::Failed"
BOTH = (
    "Exceptions on 2 hosts:",
    "Exception while executing on host h1: docker exit status: 125",
    "docker stdout: Nothing written",
    "docker stderr: docker: Error response from daemon: port is already allocated.",
    "See 'docker run --help'.",
    "",
    "Exception while executing on host h2: Halted at barrier",
)


def test_each_host_has_its_own_failure() -> None:
    first, second = kamal_error(SSHKIT, BOTH).failures
    assert first == HostFailure("h1", "port is already allocated.", 125, ("See 'docker run --help'.",))
    assert second.halted


def test_the_host_of_a_role_is_the_last_one_named() -> None:
    text = "Exception while executing on web: Exception while executing as deploy@h1: no route"
    [failure] = kamal_error(SSHKIT, [text]).failures
    assert (failure.host, failure.what) == ("deploy@h1", "no route")


def test_the_status_of_a_local_command_is_that_of_wait() -> None:
    [failure] = kamal_error(
        SSHKIT, ["docker exit status: 32000", "docker stderr: flag needs an argument"]
    ).failures
    assert (failure.host, failure.status, failure.what) == ("", 125, "flag needs an argument")


def test_the_error_is_about_a_host_of_which_more_is_known() -> None:
    lines = [f"Exception while executing on host h{number}: docker exit status: 1" for number in (1, 2)]
    error = kamal_error(SSHKIT, lines)
    assert error_of(error).where == "h1"
    assert error_of(error, telling=["h2"]).where == "h2"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Errno::ECONNREFUSED", HostUnreachable),
        ("Net::SSH::AuthenticationFailed", LoginRefused),
        ("Net::SSH::Disconnect", HostLost),
        ("Kamal::Cli::HookError", HookFailed),
        ("Kamal::ConfigurationError", BackstaffError),
    ],
)
def test_rubys_classes_have_their_like(name: str, kind: type[BackstaffError]) -> None:
    assert type(error_of(kamal_error(name, ["Exception while executing on host h1: no"]))) is kind


def test_a_command_keeps_its_status() -> None:
    error = error_of(kamal_error(SSHKIT, BOTH))
    assert isinstance(error, CommandFailed)
    assert error.status == 125
    assert error.fix


def test_an_error_without_a_word_has_its_class() -> None:
    assert error_of(kamal_error("RuntimeError", [""])).what == "RuntimeError"


def test_a_connection_that_was_refused_is_known_by_its_words_too() -> None:
    words = "Exception while executing on host h1: Connection refused - connect(2) for h1:22"
    assert isinstance(error_of(kamal_error("SSHKit::Runner::ExecuteError", [words])), HostUnreachable)


def test_the_time_that_ends_an_error_in_a_file_is_no_part_of_it() -> None:
    assert without_time(["a (1s)", "timeout (3s) (11.7s)", ""]) == ["a (1s)", "timeout (3s)"]
