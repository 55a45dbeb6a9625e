"""The last lines before a place, held back from its Board: together they are what the run was there."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from backstaff.events.board import Board
from backstaff.replay import folding
from backstaff.replay.folding import STEP_COST, Folding, Held, fold_lines, read
from backstaff.replay.lines import RawLine, lines_from
from backstaff.replay.player import Seek
from backstaff.replay.recording import Moment, Recording
from tests.replay.journals import a_journal, a_talkative_run, indexed, small_measures, text_of
from tests.replay.test_lines import Bytes

EVENTS = a_talkative_run(lines=200)
LINES = text_of(EVENTS).splitlines(keepends=True)
TIMES = (0.0, 5.5, *sorted({event.t for event in EVENTS})[::9], math.inf)
HOLDS = (1, 5, 20, 100)
CONTENTS = {
    "plain": b"".join(LINES),
    "blank": b"".join(line + b"\n" * (number % 3 == 0) for number, line in enumerate(LINES)),
    "spaces": b"\n" + b"".join(line + b" \n" * (number % 4 == 0) for number, line in enumerate(LINES)),
    "broken": b"".join(line + b'{"v":1,"bro\n' * (number % 7 == 0) for number, line in enumerate(LINES)),
    "cut": b"".join(LINES)[:-30],
}


@pytest.fixture(autouse=True)
def measures() -> Iterator[None]:
    with small_measures():
        yield


@pytest.fixture(params=CONTENTS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return a_journal(tmp_path, CONTENTS[request.param])


@pytest.fixture(params=["indexed", "not indexed"])
def run(request: pytest.FixtureRequest, journal: Path) -> Iterator[Recording]:
    with indexed(journal) if request.param == "indexed" else Recording.open(journal) as opened:
        yield opened


def ended(steps: Seek) -> Moment:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            moment: Moment = end.value
            return moment


def is_as(moment: Moment, plain: Moment, run: Recording, hold: int) -> None:
    """Whether a moment is the one that holds nothing back, and holds all that it should."""
    assert moment.offset == plain.offset
    assert moment.t == plain.board.t
    lines = [line for line in map(read, lines_of(run, plain.offset)) if line.what is not None]
    assert [line.raw for line in moment.held] == [line.raw for line in lines[-hold:]]
    assert moment.start == (lines[-hold:][0].raw.offset if lines else plain.offset)
    whole = Folding(moment.board)
    for line in moment.held:
        whole.take(line)
    assert whole.board() == plain.board


def lines_of(run: Recording, stop: int) -> Iterator[RawLine]:
    return (line.raw for line in run.read(0, stop))


@pytest.mark.parametrize("hold", HOLDS)
def test_a_time_with_lines_held_is_the_same_as_without(run: Recording, hold: int) -> None:
    for t in TIMES:
        is_as(ended(run.going_to(t, hold)), run.moment_at(t), run, hold)


@pytest.mark.parametrize("hold", HOLDS)
def test_a_place_with_lines_held_is_the_same_as_without(run: Recording, hold: int) -> None:
    for entry in [*run.entries()][::9]:
        is_as(ended(run.going_before(entry.offset, hold)), run.moment_before(entry.offset), run, hold)


@pytest.mark.parametrize("hold", HOLDS)
def test_the_last_lines_begin_where_those_that_are_held_do(run: Recording, hold: int) -> None:
    for t in TIMES:
        moment = ended(run.going_to(t, hold))
        assert ended_at(run.start_before(moment.offset, hold)) == moment.start


def ended_at(steps: Iterator[int]) -> int:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            start: int = end.value
            return start


def test_no_more_bytes_are_held_than_there_is_room_for(
    run: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_HELD_BYTES", 1_000)
    moment = ended(run.going_to(math.inf, 100))
    assert 0 < sum(line.raw.end - line.raw.offset for line in moment.held) <= 1_000
    whole = Folding(moment.board)
    for line in moment.held:
        whole.take(line)
    assert whole.board() == run.moment_at(math.inf).board


@pytest.mark.parametrize("hold", [0, 20])
@pytest.mark.parametrize("kinds", ["all", "no output"])
def test_a_step_ends_in_time_whether_or_not_lines_are_held(hold: int, kinds: str) -> None:
    content = b"".join(line for line in LINES * 50 if kinds == "all" or b'"kind":"output"' not in line)
    held = Held(hold) if hold else None
    at, steps = 0, list(fold_lines(Folding(Board()), lines_from(Bytes(content)), 0, held=held))
    assert len(steps) > 1
    for step in steps:
        costs = [read(raw).cost for raw in lines_from(Bytes(content[at:step]))]
        assert sum(costs[:-1]) < STEP_COST
        at = step


def test_large_lines_cost_more_than_small_ones_and_events_more_than_output() -> None:
    small = read(RawLine(0, len(LINES[0]), LINES[0].rstrip(), whole=True))
    large = small._replace(raw=small.raw._replace(end=100 * 1024))
    output = read(next(lines_from(Bytes(next(line for line in LINES if b'"line 7"' in line)))))
    assert large.cost > STEP_COST > small.cost > output.cost
