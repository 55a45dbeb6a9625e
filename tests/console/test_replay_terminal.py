"""A recorded run in a real terminal, driven by keys."""

from pathlib import Path

from tests.console.replaying import a_file
from tests.console.terminal import backstaff, terminal
from tests.recordings import recorded

REPORT = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"


def test_a_run_is_opened_at_its_end_looked_through_played_and_left(tmp_path: Path) -> None:
    path = a_file(tmp_path, recorded("unhealthy"))
    with terminal(tmp_path) as screen:
        screen.start(backstaff("replay", str(path)), (120, 40))
        screen.until_shown("FAILED  boot of web on h1", "answered 500 on GET /up", "0:20 / 0:20")
        screen.press("d")
        screen.until_shown("wait 1 of", "job@h3 waits for the first healthy web container")
        screen.press(":")
        screen.until_shown("Go to a time")
        screen.press("0:15", "Enter")
        screen.until_shown("0:15 / 0:20")
        screen.press("]", "]", "Space")
        screen.until_shown("0:20 / 0:20", "paused")
        screen.press("s")
        screen.until_shown("Search the whole run")
        screen.press("listening", "Enter")
        screen.until_shown("result 1 of", "listening on 80")
        screen.press("q")
        told = screen.until_shown("exit code 0", history=True)
        assert "Traceback" not in told


def test_a_log_of_kamals_says_why_it_waited_on_a_small_screen(tmp_path: Path) -> None:
    with terminal(tmp_path) as screen:
        screen.start(backstaff("replay", str(REPORT)), (60, 15))
        screen.until_shown("job waits for web", "group comes after", "job-1")
        screen.press("q")
        screen.until_shown("exit code 0", history=True)


def test_a_time_that_is_none_is_refused_before_anything_is_shown(tmp_path: Path) -> None:
    path = a_file(tmp_path, recorded("unhealthy"))
    with terminal(tmp_path) as screen:
        screen.start(backstaff("replay", str(path), "--at", "soon"), (100, 30))
        screen.until_shown("--at soon: that is no time", "exit code 2")
