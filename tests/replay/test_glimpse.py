"""How a run stood, told from what comes right before a place: quick, and honest about what was not read."""

from collections.abc import Generator
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import HostState
from backstaff.events.types import Event, Output
from backstaff.replay import glimpse as glimpses
from backstaff.replay.glimpse import (
    FAR,
    NOT_READ,
    Glimpse,
    Reach,
    glimpse,
    is_unread,
    place_at,
    tell_unread,
)
from backstaff.replay.source import FileSource
from tests.replay.journals import a_journal, a_talkative_run, any_run, folded, text_of
from tests.replay.test_lines import Bytes

RUN = a_talkative_run(lines=3_000)
T = TypeVar("T")


def result(steps: Generator[int, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found


def seen(events: list[Event], reach: Reach = FAR) -> Glimpse:
    content = text_of(events)
    return result(glimpse(Bytes(content), len(content), reach))


def without_output(events: list[Event]) -> Board:
    return folded(event for event in events if not isinstance(event.body, Output))


def test_all_but_output_is_known_where_all_was_looked_through() -> None:
    found = seen(RUN)
    assert found.whole
    assert found.board == without_output(RUN)


@given(any_run)
def test_whatever_a_run_holds_a_whole_glimpse_is_its_board_without_output(events: list[Event]) -> None:
    assert seen(events) == Glimpse(without_output(events), whole=True)


def test_what_was_not_read_says_so_and_what_was_read_is_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpses, "BLOCK", 2_000)
    found, all_of_it = seen(RUN, Reach(2_000, 1_000)), folded(RUN)
    assert not found.whole
    assert (found.board.run, found.board.plan) == (all_of_it.run, all_of_it.plan)
    assert (found.board.result, found.board.failure) == (all_of_it.result, all_of_it.failure)
    unread = [pair for pair in found.board.pairs.values() if pair.detail == NOT_READ]
    assert unread
    assert all(is_unread(pair) for pair in unread)
    assert all(
        host.state is HostState.UNKNOWN for host in found.board.hosts.values() if host.detail == NOT_READ
    )


@pytest.mark.parametrize("stop", range(20, len(RUN), 7))
def test_what_a_glimpse_says_is_never_otherwise_on_the_whole_board(
    stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glimpses, "BLOCK", 1_000)
    found, all_of_it = seen(RUN[:stop], Reach(1_000, 1_000)), folded(RUN[:stop])
    assert_as_known(found.board, all_of_it)


def assert_as_known(rough: Board, whole: Board) -> None:
    for phase, view in rough.phases.items():
        assert view.outcome is whole.phases[phase].outcome
        assert view.took_s == whole.phases[phase].took_s
    known = [pair for pair in rough.pairs.values() if not is_unread(pair)]
    assert [pair.state for pair in known] == [whole.pairs[pair.key].state for pair in known]
    hosts = [host for host in rough.hosts.values() if host.detail != NOT_READ]
    assert [host.state for host in hosts] == [whole.hosts[host.name].state for host in hosts]
    assert set(rough.waits) <= set(whole.waits)
    assert rough.result == whole.result
    assert rough.failure in {None, whole.failure}
    for name, barrier in rough.barriers.items():
        assert barrier.state is whole.barriers[name].state


def test_a_phase_whose_end_was_not_read_is_not_told_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpses, "BLOCK", 400)
    monkeypatch.setattr(glimpses, "_HEAD_EVENTS", 5)
    head = seen(RUN[:5], Reach(400, 1_000)).board
    assert folded(RUN[:5]).phase() is not None
    found = seen(RUN, Reach(400, 1)).board
    assert found.phase() is None
    assert head.run == found.run


def test_a_role_of_whose_state_nothing_was_read_says_so_whatever_else_was_read() -> None:
    rough = Board(pairs={"web@h1": PairView("h1", "web", step="pull")})
    tell_unread(rough)
    assert is_unread(rough.pairs["web@h1"])


def test_no_more_events_are_folded_than_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    folds: list[Event] = []
    monkeypatch.setattr(Board, "fold", lambda _board, event: folds.append(event))
    found = seen([event for event in RUN if not isinstance(event.body, Output)] * 50, Reach(1 << 40, 7))
    assert not found.whole
    assert len(folds) <= 7 + glimpses._HEAD_EVENTS


def test_nothing_of_a_line_that_is_too_long_is_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glimpses, "BLOCK", 64)
    monkeypatch.setattr(glimpses, "LONGEST_LINE", 256)
    content = text_of(RUN[:3]) + b"x" * 5_000 + b"\n" + text_of(RUN[3:6])
    found = result(glimpse(Bytes(content), len(content), Reach(1 << 40, 1_000)))
    assert found.board.seq == RUN[5].seq


@given(st.integers(0, len(RUN) - 1))
def test_the_place_of_a_time_is_behind_all_that_is_not_later(number: int) -> None:
    source, t = Bytes(text_of(RUN)), RUN[number].t
    before = text_of(takewhile(lambda event: event.t <= t, RUN))
    assert place_at(source, t) == len(before)


def test_the_place_of_a_time_is_found_in_a_few_reads_of_a_long_journal(tmp_path: Path) -> None:
    path = a_journal(tmp_path, a_talkative_run(lines=20_000))
    source = FileSource(path)
    size = path.stat().st_size
    try:
        place = place_at(source, 21.5)
        assert 0 < place < size
        assert source.read(place - 1, 8) == b'\n{"v":1,'
        assert place_at(source, 1e9) == size
        assert place_at(source, -1.0) == 0
    finally:
        source.close()
