"""A terminal that takes its time, or nothing more, holds nobody up."""

import os
from collections.abc import Iterator
from threading import Event

import pytest

from backstaff.cli.terminal_writer import MOST_BEHIND, TerminalWriter

PATIENCE_S = 30.0


class Pipe:
    """A terminal's stand-in: what is written comes out only when it is read."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self.caught_up, self.lost = Event(), Event()
        self.writer = TerminalWriter(self.writing, caught_up=self._paint_anew, lost=self.lost.set)
        self.writer.start()

    def _paint_anew(self) -> None:
        self.caught_up.set()
        self.writer.write("anew.")

    def read(self, until: bytes) -> bytes:
        data = b""
        while until not in data:
            data += os.read(self.reading, 65536)
        return data

    def fill(self) -> int:
        """Write until frames are left out; how many were written."""
        frame = "x" * 4095 + "\n"
        for _ in range(200):
            self.writer.write(frame)
        return 200 * len(frame)

    def close_reading(self) -> None:
        os.close(self.reading)
        self.reading = -1

    def close(self) -> None:
        if self.reading >= 0:
            self.close_reading()
        self.writer.stop(PATIENCE_S)
        os.close(self.writing)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close()


def test_frames_are_written_in_order(pipe: Pipe) -> None:
    for word in ("one ", "two ", "thrée."):
        pipe.writer.write(word)
    assert pipe.read(b".").decode() == "one two thrée."
    assert not pipe.caught_up.is_set()


def test_a_terminal_that_takes_nothing_blocks_no_write_and_keeps_little(pipe: Pipe) -> None:
    written = pipe.fill()
    pipe.writer.finish()
    pipe.writer.write("END")
    assert len(pipe.read(b"END")) < written - MOST_BEHIND


def test_a_terminal_that_has_caught_up_is_painted_anew(pipe: Pipe) -> None:
    written = pipe.fill()
    read = pipe.read(b"anew.")
    assert pipe.caught_up.is_set()
    assert read.endswith(b"x\nanew.")
    assert len(read) < written


def test_stopping_waits_for_a_stuck_terminal_no_longer_than_it_may(pipe: Pipe) -> None:
    pipe.fill()
    pipe.writer.stop(0.01)
    pipe.writer.write("dropped")


def test_a_terminal_that_goes_away_is_noticed_though_nothing_is_written(pipe: Pipe) -> None:
    pipe.writer.write("hello.")
    pipe.read(b".")
    pipe.close_reading()
    assert pipe.lost.wait(PATIENCE_S)


def test_a_terminal_that_is_gone_is_told_once_and_written_to_no_more(pipe: Pipe) -> None:
    pipe.close_reading()
    pipe.writer.write("hello")
    assert pipe.lost.wait(PATIENCE_S)
    pipe.writer.write("more")
    pipe.writer.stop(PATIENCE_S)
