"""Journals to replay, and what reading them naively would give."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.replay import index_builder, indexing, lines
from backstaff.replay.recording import Recording
from tests.events.builders import START, a_failed_deploy
from tests.events.strategies import any_event, events_of, of_type

any_output = events_of(of_type(Output))
any_run = st.lists(st.one_of(any_event, any_output), min_size=1, max_size=60)


def text_of(events: Iterable[Event]) -> bytes:
    return b"".join(event.to_line().encode() + b"\n" for event in events)


def a_journal(directory: Path, content: bytes | Iterable[Event], name: str = "run.jsonl") -> Path:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else text_of(content))
    return path


def a_failed_run() -> list[Event]:
    card = FailureCard(title="boot of web on h1", host="h1", role="web", cause="not healthy within 30 s")
    return a_failed_deploy(lambda _: card).events


def a_talkative_run(lines: int = 300, sources: int = 3) -> list[Event]:
    """A failed deploy whose containers write a lot while the jobs wait."""
    events: list[Event] = []
    for event in a_failed_run():
        events.append(event)
        if event.t == 21 and isinstance(event.body, Output):
            events += [
                Event(
                    seq=1,
                    at=START,
                    t=round(21 + number / 10_000, 4),
                    body=Output(
                        source="container", host=f"h{number % sources}", role="web", text=f"line {number}"
                    ),
                )
                for number in range(lines)
            ]
    return [event.model_copy(update={"seq": number}) for number, event in enumerate(events, 1)]


def naive_events(content: bytes) -> list[Event]:
    """What can be read line by line, without any of the code under test but the parser of a line."""
    return list(_naive(content))


def _naive(content: bytes) -> Iterator[Event]:
    for line in content.split(b"\n"):
        try:
            yield parse_line(line)
        except JournalError:
            continue


def folded(events: Iterable[Event], until_t: float = math.inf) -> Board:
    """The Board before the first event that is later."""
    board = Board()
    for event in events:
        if event.t > until_t:
            break
        board.fold(event)
    return board


@contextmanager
def small_measures() -> Iterator[None]:
    """Chunks, lines and checkpoints so small that a short journal has all there is to a long one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK", 700)
        patch.setattr(index_builder, "CHECKPOINT_COST", 40)
        patch.setattr(index_builder, "MOST_OF_JOURNAL", 0)
        patch.setattr(indexing, "WORTH_KEEPING", 1)
        yield


def indexed(path: Path) -> Recording:
    """A recording whose index is complete."""
    recording = Recording.open(path)
    make_index(recording)
    return recording


def make_index(recording: Recording) -> None:
    for _ in recording.make_index():
        pass
