"""The console in a real terminal, driven by keys."""

from pathlib import Path

import pytest

from tests.console.terminal import backstaff, terminal

DEMO = ("demo", "--scenario", "unhealthy", "--speed", "4")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)])
def test_a_demo_shows_why_it_waits_fails_with_its_card_and_leaves_the_terminal_as_it_was(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff(*DEMO), size)
        screen.until_shown("waits for the first healthy web container", "h4")
        screen.until_shown("FAILED", "h1")
        screen.press("Enter")
        screen.until_shown("cause", "answered 500 on GET /up")
        screen.press("q")
        told = screen.until_shown("exit code 1", history=True)
        assert "FAILED  boot of web on h1" in told
        assert "enter Look" not in screen.text()


def test_keys_move_through_hosts_and_tabs(tmp_path: Path) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff(*DEMO), (120, 40))
        screen.until_shown("why boot of web on h1 failed")
        screen.press("G")
        screen.until_shown("job@h4", "no web container became healthy")
        screen.press("g")
        screen.until_shown("cause", "answered 500 on GET /up")
        screen.press("3")
        screen.until_shown("docker inspect")
        screen.press("2")
        screen.until_shown("listening on 80")
        screen.press("?")
        screen.until_shown("rebind in")


def test_a_window_that_changes_its_size_keeps_the_cause_in_sight(tmp_path: Path) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff(*DEMO), (120, 40))
        screen.until_shown("waits for the first healthy web container", "output of all")
        screen.resize((60, 15))
        screen.until(
            lambda text: "output of all" not in text and "waits for the first" in text, "small screen"
        )
        screen.resize((120, 40))
        screen.until_shown("output of all", "h1", "h2")


def test_ctrl_c_asks_and_then_ends_the_run_well(tmp_path: Path) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff("demo", "--scenario", "unhealthy"), (80, 24))
        screen.until_shown("waits for the first healthy web container")
        screen.press("C-c")
        screen.until_shown("Cancel this run?", "the lock")
        screen.press("C-c")
        screen.until_shown("CANCELLED", "lock released")
        screen.press("q")
        screen.until_shown("exit code 130", history=True)


def test_a_console_that_is_left_goes_on_in_plain_lines(tmp_path: Path) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff("demo", "--scenario", "unhealthy", "--speed", "2"), (100, 30))
        screen.until_shown("waits for the first healthy web container")
        screen.press("q")
        screen.until_shown("The run goes on")
        screen.press("p")
        screen.until_shown("the run goes on in plain lines", history=True)
        screen.until_shown("cause", "exit code 1", history=True)
