"""The pictures that headless output is compared with: scripted runs and what they look like, as files.

`python -m tests.headless.pictures` writes them anew; look at each one before keeping it.
"""

import io
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

from backstaff.errors import Doomed
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard
from backstaff.events.types import Event
from backstaff.explain.card import failure_card
from backstaff.headless.ci import CiFormat, GitHubFormat, GitLabFormat, PlainFormat
from backstaff.headless.lines import Detail
from backstaff.headless.outlet import Outlet
from backstaff.headless.paint import Paint
from backstaff.headless.sink import LineSink
from tests.events.builders import a_failed_deploy, a_good_deploy, a_stuck_barrier

GOLDEN = Path(__file__).parent / "golden"


def a_card(board: Board) -> FailureCard:
    """The card of the failed deploy."""
    evidence = ["also h1: not healthy within 30 s"]
    return failure_card(board, Doomed("the container exited 1 after 0.9 s", where="h2", evidence=evidence))


def failed() -> list[Event]:
    """The events of the failed deploy."""
    return a_failed_deploy(a_card).events


def printed(
    events: list[Event],
    *,
    detail: Detail = Detail.NORMAL,
    ci: CiFormat | None = None,
    colour: bool = False,
    width: int = 0,
) -> str:
    """What headless mode prints for a run."""
    out = io.StringIO()
    outlet = Outlet(out, paint=Paint(enabled=colour), ci=ci or PlainFormat())
    sink = LineSink(outlet, detail=detail, width=width, zone=UTC)
    for event in events:
        sink(event)
    sink.close()
    return out.getvalue()


PICTURES: dict[str, Callable[[], str]] = {
    "good": lambda: printed(a_good_deploy().events),
    "good-quiet": lambda: printed(a_good_deploy().events, detail=Detail.QUIET),
    "good-verbose": lambda: printed(a_good_deploy().events, detail=Detail.VERBOSE),
    "stuck": lambda: printed(a_stuck_barrier().events),
    "failed": lambda: printed(failed()),
    "failed-quiet": lambda: printed(failed(), detail=Detail.QUIET),
    "failed-verbose": lambda: printed(failed(), detail=Detail.VERBOSE),
    "failed-github": lambda: printed(failed(), ci=GitHubFormat()),
    "failed-gitlab": lambda: printed(failed(), ci=GitLabFormat()),
}


def main() -> None:
    """Write all pictures."""
    for name, picture in PICTURES.items():
        (GOLDEN / f"{name}.txt").write_bytes(picture().encode())


if __name__ == "__main__":
    main()
