from datetime import UTC, datetime, timedelta

from backstaff.clock import LoopClock
from backstaff.events.redact import MASK, Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import Event, Notice, Output, RunStarted
from backstaff.events.wire import parse_line
from tests.events.builders import a_run


class HandClock(LoopClock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(seconds=self.time)


def test_events_are_numbered_and_carry_wall_time_and_offset_since_the_start() -> None:
    clock = HandClock()
    seen: list[Event] = []
    stream = EventStream(clock, Redactor(), [seen.append])
    stream.emit(Notice(level="info", text="a"))
    clock.time += 1.23456
    returned = stream.emit(Notice(level="info", text="b"))
    assert [(event.seq, event.t) for event in seen] == [(1, 0.0), (2, 1.235)]
    assert seen[1] is returned
    assert seen[1].at == clock.wall()
    assert stream.offset() == 1.235


def test_the_board_is_ahead_of_every_sink() -> None:
    stream = EventStream(HandClock(), Redactor())
    notices: list[int] = []
    stream.add_sink(lambda event: notices.append(stream.board.seq - event.seq))
    stream.emit(a_run())
    assert stream.board.run == a_run()
    assert notices == [0]


def test_a_sink_may_emit_and_all_sinks_still_see_the_same_order() -> None:
    first: list[int] = []
    second: list[int] = []
    stream = EventStream(HandClock(), Redactor())

    def complaining(event: Event) -> None:
        first.append(event.seq)
        if event.seq == 1:
            stream.emit(Notice(level="warning", text="the disk is full"))

    stream.add_sink(complaining)
    stream.add_sink(lambda event: second.append(event.seq))
    stream.emit(Notice(level="info", text="a"))
    stream.emit(Notice(level="info", text="b"))
    assert first == second == [1, 2, 3]


def test_secrets_are_masked_before_anybody_sees_them_and_may_become_known_later() -> None:
    seen: list[Event] = []
    stream = EventStream(HandClock(), Redactor(), [seen.append])
    stream.emit(Notice(level="info", text="hunter22"))
    stream.redactor = Redactor(["hunter22"])
    stream.emit(Output(source="hook", text="password=hunter22"))
    assert "hunter22" in seen[0].to_line()
    assert seen[1].body == Output(source="hook", text=f"password={MASK}")
    assert "hunter22" not in repr(stream.board.output)


def test_text_that_is_no_unicode_can_still_be_written_down() -> None:
    stream = EventStream(HandClock(), Redactor())
    event = stream.emit(a_run().model_copy(update={"argv": ("deploy", "-c", "caf\udce9.yml")}))
    read = parse_line(event.to_line()).body
    assert isinstance(read, RunStarted)
    assert read.argv == ("deploy", "-c", "caf?.yml")


def test_a_sink_that_breaks_is_left_out_and_told_of() -> None:
    seen: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError("no room")

    stream = EventStream(HandClock(), Redactor(), [broken, seen.append])
    stream.emit(Notice(level="info", text="first"))
    stream.emit(Notice(level="info", text="second"))
    texts = [event.body.text for event in seen if isinstance(event.body, Notice)]
    assert texts == ["first", "function broke and is left out: RuntimeError: no room", "second"]
