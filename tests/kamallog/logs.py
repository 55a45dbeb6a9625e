"""Logs to read, and what is looked at in the events that come of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from backstaff.events.board import Board
from backstaff.events.facts import FailureCard
from backstaff.events.types import Body, Event, Failed, Output
from backstaff.events.wire import parse_line
from backstaff.kamallog.read import events_of
from backstaff.kamallog.wrapping import detect, unwrapped

DATA = Path(__file__).parents[1] / "data" / "kamal"
CAPTURES = sorted(path.name for path in DATA.iterdir() if path.suffix != ".md")

B = TypeVar("B", bound=Body)


def capture(name: str) -> list[str]:
    """The lines of a capture as they are in the file."""
    with (DATA / name).open(encoding="utf-8", newline="\n") as file:
        return list(file)


def bare(name: str) -> list[str]:
    """The lines of a capture without its wrapping."""
    lines = capture(name)
    return [line.text for line in unwrapped(lines, detect(lines)) if line.mark is None]


def read(lines: Iterable[str]) -> list[Event]:
    """The events of some lines; they are well-formed and numbered without a gap, and time never goes back."""
    events = list(events_of(lines))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert all(before.t <= after.t for before, after in pairwise(events))
    assert all(parse_line(event.to_line()) == event for event in events)
    return events


def board_of(events: Iterable[Event]) -> Board:
    """The state that the events lead to."""
    board = Board()
    for event in events:
        board.fold(event)
    return board


def told(events: Iterable[Event], kind: type[B]) -> list[B]:
    """The bodies of one kind, in order."""
    return [event.body for event in events if isinstance(event.body, kind)]


def card_of(events: Iterable[Event]) -> FailureCard:
    """The one failure card."""
    [failed] = told(events, Failed)
    return failed.card


def states(board: Board) -> dict[str, str]:
    """Where every pair stands."""
    return {key: pair.state.value for key, pair in sorted(board.pairs.items())}


def output(events: Iterable[Event]) -> list[str]:
    """All that was kept as output."""
    return [body.text for body in told(events, Output)]


_BEGAN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def _times(lines: Sequence[str]) -> Iterator[tuple[datetime, str]]:
    for number, line in enumerate(lines):
        yield _BEGAN + timedelta(milliseconds=100 * number), line


def as_github(lines: Sequence[str], command: str = "kamal deploy") -> list[str]:
    """The lines as GitHub Actions shows them, within the group of their step and after another one."""
    step = ["##[group]Run actions/checkout@v4", "with:", "  clean: true", "##[endgroup]"]
    group = [
        f"##[group]Run {command}",
        f"\x1b[36;1m{command}\x1b[0m",
        "shell: /usr/bin/bash -e {0}",
        "##[endgroup]",
    ]
    return [f"{at:%Y-%m-%dT%H:%M:%S.%f}0Z {line}\n" for at, line in _times([*step, *group, *lines])]


def as_gitlab(lines: Sequence[str], command: str = "kamal deploy") -> list[str]:
    """The lines as a GitLab runner stores them, with its times and sections."""
    begins = (
        "section_start:1795431600:step_script[collapsed=true]\r\x1b[0K\x1b[0;mExecuting the script\x1b[0;m"
    )
    ends = "section_end:1795431600:step_script\r\x1b[0K"
    whole = [begins, f"\x1b[32;1m$ {command}\x1b[0;m", *lines, ends]
    return [f"{at:%Y-%m-%dT%H:%M:%S.%f}Z 00O {line}\n" for at, line in _times(whole)]
