import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.replay.plain_output import plain_output
from tests.events.builders import START
from tests.replay.journals import any_output

TEXTS = st.one_of(
    st.text(), st.sampled_from(['"q"', "\\", "\x1b[31mred", "\t", "é\u2028", "\x7f", "x" * 3000])
)


def a_line(text: str = "ready", t: float = 1.5) -> bytes:
    body = Output(source="container", host="h1", role="web", name="v2", text=text)
    return Event(seq=7, at=START, t=t, body=body).to_line().encode()


def agrees(line: bytes) -> bool:
    """Whether it is told from its bytes; then all that is told must be what the event says."""
    output = plain_output(line)
    if output is None:
        return False
    event = parse_line(line)
    assert isinstance(event.body, Output)
    board = Board()
    board.fold(event)
    assert output.t == event.t
    assert output.said() == event.body.text
    kept = {key: tail.lines for key, tail in board.output.items()}
    assert {output.speaker.tail: [output.on_board()]} == kept
    return True


@given(TEXTS)
def test_what_our_writer_writes_is_told_from_its_bytes(text: str) -> None:
    assert agrees(a_line(text.encode("utf-8", "replace").decode()))


@given(any_output)
def test_no_output_is_told_wrongly(event: Event) -> None:
    agrees(event.to_line().encode())


@given(TEXTS, st.data())
def test_damage_is_never_taken_for_output(text: str, data: st.DataObject) -> None:
    line = bytearray(a_line(text.encode("utf-8", "replace").decode()))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(line) - 1))
        line[place] = data.draw(st.one_of(st.integers(0, 255), st.sampled_from(b'"\\0\n{},:u')))
    agrees(bytes(line))


@pytest.mark.parametrize(
    "line",
    [
        a_line().replace(b"2026-11-23", b"2026-02-30"),
        a_line().replace(b"12:03:57", b"24:03:57"),
        a_line().replace(b'"v":1', b'"v":2'),
        a_line().replace(b'"seq":7', b'"seq":07'),
        a_line().replace(b"ready", b"\xff"),
        a_line().replace(b"ready", b"\\ud800"),
        a_line().replace(b"ready", b"\\x"),
        a_line().replace(b"container", b"stranger"),
        a_line()[:-1],
    ],
)
def test_what_is_no_event_is_not_plain(line: bytes) -> None:
    assert plain_output(line) is None
    with pytest.raises(JournalError):
        parse_line(line)


def test_an_event_written_otherwise_is_left_to_the_parser() -> None:
    assert plain_output(json.dumps(json.loads(a_line())).encode()) is None
    assert plain_output(None) is None
    assert plain_output(b"") is None
