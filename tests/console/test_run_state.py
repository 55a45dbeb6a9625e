"""How what happens gets into what the console knows of a run."""

from itertools import count

import pytest

from backstaff.console import run_state
from backstaff.console.run_clock import LiveClock
from backstaff.console.run_state import RunState
from backstaff.console.session import RunInfo
from tests.events.builders import Script, line


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> RunState:
    """On a machine on which all time is over whenever it is asked for."""
    monkeypatch.setattr(run_state, "FOLD_WITHIN_S", 0.001)
    ticks = count()
    return RunState(RunInfo(), LiveClock(lambda: float(next(ticks))))


def fill(state: RunState, lines: int) -> None:
    bodies = [line("h1", "web", f"line {number}") for number in range(lines)]
    for event in Script().at(1.0, *bodies).events:
        state.feed(event)


def test_much_at_once_is_taken_in_by_parts_so_that_keys_come_between(slow: RunState) -> None:
    fill(slow, 4000)
    assert slow.take()
    assert 2000 < len(slow.feed) <= 3000


def test_what_waits_gets_less_each_time_however_slow_the_machine(slow: RunState) -> None:
    fill(slow, 4000)
    waiting = [4000]
    while slow.take():
        waiting.append(len(slow.feed))
    assert waiting == sorted(waiting, reverse=True)
    assert len(waiting) < 40
    assert len(slow.logs) == 4000
