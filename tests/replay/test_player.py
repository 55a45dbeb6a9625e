"""A player moved by a clock that the test holds in its hands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.types import Event
from backstaff.replay.marks import MarkKind
from backstaff.replay.player import SPEEDS, Clocks, Motion, Player, Seek
from backstaff.replay.recording import Moment, Recording
from tests.events.builders import START
from tests.replay.journals import (
    a_failed_run,
    a_journal,
    a_talkative_run,
    any_run,
    folded,
    naive_events,
    small_measures,
    text_of,
)

RUN = a_failed_run()
LENGTH = RUN[-1].t


@dataclass
class Hands:
    """Time that passes when the test says so."""

    passed: float = 0.0
    began: datetime = START

    def clocks(self) -> Clocks:
        return Clocks(lambda: self.passed, lambda: self.began + timedelta(seconds=self.passed))


@dataclass
class Watched:
    """A player and the Board that somebody keeps who does as it says."""

    player: Player
    hands: Hands
    board: Board = field(default_factory=Board)
    shown: list[Event] = field(default_factory=list)

    def take(self, most: int = 500) -> list[Event]:
        events = self.player.due(most)
        self._fold(*events)
        return events

    def step(self) -> Event | None:
        event = self.player.step()
        if event is not None:
            self._fold(event)
        return event

    def motion(self) -> Motion:
        return self.player.motion

    def go(self, seek: Seek) -> None:
        self.board = arrived(seek).board

    def pass_by(self, seconds: float) -> list[Event]:
        self.hands.passed += seconds
        return self.take()

    def _fold(self, *events: Event) -> None:
        for event in events:
            self.board.fold(event)
            self.shown.append(event)


def arrived(seek: Seek) -> Moment:
    while True:
        try:
            next(seek)
        except StopIteration as end:
            moment: Moment = end.value
            return moment


def watched(recording: Recording, goes_on: Callable[[], bool] = lambda: False) -> Watched:
    hands = Hands()
    return Watched(Player(recording, goes_on, hands.clocks()), hands)


def folded_to(content: bytes, offset: int) -> Board:
    """The Board of all events before a place, read without any of the code under test."""
    return folded(naive_events(content[:offset]))


@pytest.fixture
def failed(tmp_path: Path) -> Path:
    return a_journal(tmp_path, RUN)


def test_it_stays_at_the_start_until_it_is_played(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        assert watch.pass_by(100.0) == []
        assert watch.player.t == 0.0
        assert watch.player.motion is Motion.PAUSED


@pytest.mark.parametrize("speed", SPEEDS)
def test_events_come_when_they_came_then_as_many_times_as_fast(failed: Path, speed: float) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.player.set_speed(speed)
        watch.player.play()
        watch.pass_by(10.0 / speed)
        assert watch.shown == [event for event in RUN if event.t <= 10.0]
        assert watch.player.t == pytest.approx(10.0)
        watch.player.pause()
        watch.pass_by(10.0)
        assert watch.player.t == pytest.approx(10.0)
        assert watch.board.t <= 10.0


def test_a_change_of_speed_is_no_jump(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.player.play()
        watch.pass_by(4.0)
        watch.player.faster()
        assert watch.player.speed == 2.0
        watch.pass_by(3.0)
        assert watch.player.t == pytest.approx(10.0)
        watch.player.slower()
        watch.player.slower()
        watch.pass_by(2.0)
        assert watch.player.t == pytest.approx(11.0)


def test_speeds_have_ends(failed: Path) -> None:
    with Recording.open(failed) as recording:
        player = watched(recording).player
        for _ in range(20):
            player.faster()
        assert player.speed == 100.0
        for _ in range(20):
            player.slower()
        assert player.speed == 0.25


def test_at_the_end_it_stays(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.player.play()
        watch.pass_by(1_000.0)
        assert watch.shown == RUN
        assert watch.player.motion is Motion.PAUSED
        assert watch.player.t == LENGTH
        assert watch.player.at_end


def test_time_does_not_run_ahead_of_what_was_taken(tmp_path: Path) -> None:
    events = a_talkative_run(300)
    with Recording.open(a_journal(tmp_path, events)) as recording:
        watch = watched(recording)
        watch.player.play()
        watch.hands.passed += 1_000.0
        taken = watch.take(most=10)
        assert taken == events[:10]
        assert watch.player.t == taken[-1].t


def test_steps_go_one_event_on_and_back_and_stay_there(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.player.play()
        assert [watch.step(), watch.step(), watch.step()] == RUN[:3]
        assert watch.player.motion is Motion.PAUSED
        watch.go(watch.player.step_back())
        assert watch.board.seq == RUN[1].seq
        assert watch.step() == RUN[2]
        for _ in range(5):
            watch.go(watch.player.step_back())
        assert watch.board == Board()
        assert watch.player.t == 0.0


def test_there_is_no_step_beyond_the_end(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.go(watch.player.seek(1_000.0))
        assert watch.player.t == LENGTH
        assert watch.step() is None
        assert watch.board.seq == RUN[-1].seq


def test_it_goes_on_playing_from_where_it_was_sent(failed: Path) -> None:
    with Recording.open(failed) as recording:
        watch = watched(recording)
        watch.player.play()
        watch.go(watch.player.seek(12.0))
        assert watch.player.t == 12.0
        watch.pass_by(5.0)
        assert watch.shown == [event for event in RUN if 12.0 < event.t <= 17.0]


def test_marks_are_gone_to_in_turn_and_round(failed: Path) -> None:
    with Recording.open(failed) as recording:
        player = watched(recording).player
        while player.index_further():
            pass
        assert player.knows_all
        waits = sorted(mark.end for mark in recording.index.marks() if mark.kind is MarkKind.WAIT)
        seen = []
        for _ in range(len(waits) + 1):
            mark = player.mark_after(MarkKind.WAIT)
            assert mark is not None
            arrived(player.seek_offset(mark.end))
            assert player.offset == mark.end
            seen.append(mark.end)
        assert seen == [*waits, waits[0]]
        before = player.mark_before(MarkKind.WAIT)
        assert before is not None
        assert before.end == waits[-1]


def test_a_run_without_such_marks_has_none_to_go_to(failed: Path) -> None:
    with Recording.open(failed) as recording:
        player = watched(recording).player
        assert player.mark_after(MarkKind.WAIT) is None
        assert player.mark_before(MarkKind.HOST) is None


class Growing:
    """A journal that somebody writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = True

    def write(self, *events: Event) -> None:
        with self.path.open("ab") as file:
            file.write(text_of(events))

    def goes_on(self) -> bool:
        return self.written


def test_a_run_that_goes_on_is_followed_to_its_end(tmp_path: Path) -> None:
    growing = Growing(a_journal(tmp_path, RUN[:5]))
    with Recording.open(growing.path) as recording:
        watch = watched(recording, growing.goes_on)
        watch.player.play()
        watch.pass_by(RUN[4].t + 1)
        assert watch.motion() is Motion.FOLLOWING
        assert watch.pass_by(1.0) == []
        growing.write(*RUN[5:8])
        assert watch.pass_by(0.1) == RUN[5:8]
        growing.write(*RUN[8:])
        watch.pass_by(0.1)
        assert watch.shown == RUN
        watch.pass_by(1.0)
        assert watch.motion() is Motion.PAUSED
        assert watch.player.t == LENGTH


def test_while_it_follows_its_time_is_that_of_the_run_now(tmp_path: Path) -> None:
    growing = Growing(a_journal(tmp_path, RUN[:5]))
    with Recording.open(growing.path) as recording:
        watch = watched(recording, growing.goes_on)
        watch.hands.began = RUN[4].at
        watch.hands.passed = 30.0
        watch.go(watch.player.seek(float("inf")))
        watch.player.follow()
        assert watch.player.motion is Motion.FOLLOWING
        assert watch.player.t == pytest.approx(RUN[4].t + 30.0)


def test_a_writer_that_is_gone_without_an_end_is_followed_no_longer(tmp_path: Path) -> None:
    growing = Growing(a_journal(tmp_path, RUN[:5]))
    with Recording.open(growing.path) as recording:
        watch = watched(recording, growing.goes_on)
        watch.player.play()
        watch.pass_by(100.0)
        growing.write(RUN[5])
        growing.written = False
        watch.pass_by(1.0)
        assert watch.shown == RUN[:6]
        watch.pass_by(1.0)
        assert watch.player.motion is Motion.PAUSED
        assert watch.player.t == RUN[5].t


def test_a_line_that_is_half_written_is_waited_for(tmp_path: Path) -> None:
    line = text_of([RUN[5]])
    growing = Growing(a_journal(tmp_path, text_of(RUN[:5]) + line[:20]))
    with Recording.open(growing.path) as recording:
        watch = watched(recording, growing.goes_on)
        watch.player.play()
        watch.pass_by(100.0)
        assert watch.shown == RUN[:5]
        with growing.path.open("ab") as file:
            file.write(line[20:])
        assert watch.pass_by(1.0) == [RUN[5]]


def test_lines_that_can_not_be_read_are_passed_over(tmp_path: Path) -> None:
    content = text_of(RUN[:3]) + b"no event\n" + text_of(RUN[3:])
    with Recording.open(a_journal(tmp_path, content)) as recording:
        watch = watched(recording)
        watch.player.play()
        watch.pass_by(1_000.0)
        assert watch.shown == RUN


def test_a_journal_that_becomes_shorter_is_told(tmp_path: Path) -> None:
    path = a_journal(tmp_path, RUN)
    with Recording.open(path) as recording:
        watch = watched(recording)
        watch.go(watch.player.seek(1_000.0))
        path.write_bytes(text_of(RUN[:3]))
        with pytest.raises(JournalError, match="has become shorter"):
            list(iter(watch.player.index_further, False))


@contextmanager
def a_recording_in_small_measures(content: bytes) -> Iterator[Recording]:
    with (
        TemporaryDirectory() as directory,
        small_measures(),
        Recording.open(a_journal(Path(directory), content)) as recording,
    ):
        yield recording


WAYS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0, 30)),
        st.tuples(st.sampled_from(["play", "pause", "step", "back", "faster", "slower"]), st.just(0.0)),
        st.tuples(st.just("seek"), st.floats(-5, 60)),
        st.tuples(st.just("mark"), st.integers(0, 3)),
        st.tuples(st.just("few"), st.integers(1, 5)),
    ),
    max_size=25,
)


def do(watch: Watched, way: str, amount: float) -> None:
    player = watch.player
    match way:
        case "pass":
            watch.pass_by(amount)
        case "few":
            watch.hands.passed += 10
            watch.take(most=int(amount))
        case "step":
            watch.step()
        case "back":
            watch.go(player.step_back())
        case "seek":
            watch.go(player.seek(amount))
        case "mark":
            mark = player.mark_after(list(MarkKind)[int(amount)])
            if mark is not None:
                watch.go(player.seek_offset(mark.end))
        case _:
            getattr(player, way)()


@given(WAYS)
@settings(max_examples=60)
def test_whatever_is_done_the_board_is_that_of_all_events_before_the_place(
    ways: list[tuple[str, float]],
) -> None:
    content = text_of(a_talkative_run(40))
    with a_recording_in_small_measures(content) as recording:
        watch = watched(recording)
        for way, amount in ways:
            do(watch, way, amount)
            assert watch.board == folded_to(content, watch.player.offset)


@given(any_run, WAYS)
@settings(max_examples=40)
def test_that_holds_for_runs_whose_times_go_back_and_forth(
    events: list[Event], ways: list[tuple[str, float]]
) -> None:
    content = text_of(events)
    with a_recording_in_small_measures(content) as recording:
        watch = watched(recording)
        for way, amount in ways:
            do(watch, way, amount * 10_000 if way in {"seek", "pass"} else amount)
            assert watch.board == folded_to(content, watch.player.offset)


def test_the_clocks_of_this_machine_are_used_where_no_others_are_given(failed: Path) -> None:
    clocks = Clocks()
    assert clocks.wall().tzinfo is UTC
    assert clocks.seconds() <= clocks.seconds()
    with Recording.open(failed) as recording:
        assert Player(recording).due() == []
