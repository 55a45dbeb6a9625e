from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.replay import lines
from backstaff.replay.lines import RawLine, lines_before, lines_from
from backstaff.replay.source import SourceStamp

CONTENT = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"\r", b"0123456789"])).map(b"".join)


class Bytes:
    """A source in memory."""

    name = "memory"

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.most = 0

    def stamp(self) -> SourceStamp:
        return SourceStamp(len(self.content), 0, 0)

    def read(self, offset: int, length: int) -> bytes:
        self.most = max(self.most, length)
        return self.content[offset : offset + length]

    def close(self) -> None:
        pass


@contextmanager
def measures(chunk: int, longest: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "CHUNK", chunk)
        patch.setattr(lines, "LONGEST_LINE", longest)
        yield


def naive_lines(content: bytes, longest: int) -> list[RawLine]:
    found, offset = [], 0
    for line in _split(content):
        whole = line.endswith(b"\n")
        data = line.removesuffix(b"\n")
        found.append(RawLine(offset, offset + len(line), data if len(data) <= longest else None, whole))
        offset += len(line)
    return found


def _split(content: bytes) -> list[bytes]:
    pieces = content.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


@given(CONTENT, st.integers(1, 9), st.integers(1, 12))
def test_lines_are_the_same_in_both_directions_and_for_any_size_of_piece(
    content: bytes, chunk: int, longest: int
) -> None:
    source = Bytes(content)
    expected = naive_lines(content, longest)
    with measures(chunk, longest):
        assert list(lines_from(source)) == expected
        assert list(lines_before(source, len(content))) == expected[::-1]
    assert source.most <= chunk


@given(CONTENT, st.integers(1, 9), st.data())
def test_reading_begins_at_any_line(content: bytes, chunk: int, data: st.DataObject) -> None:
    source = Bytes(content)
    expected = naive_lines(content, 100)
    place = data.draw(st.integers(0, len(expected)))
    offset = expected[place].offset if place < len(expected) else len(content)
    with measures(chunk, 100):
        assert list(lines_from(source, offset)) == expected[place:]
        assert list(lines_from(source, 0, offset)) == expected[:place]
        assert list(lines_before(source, offset)) == expected[:place][::-1]


def test_a_line_without_an_end_is_not_kept_in_memory() -> None:
    source = Bytes(b"ok\n" + b"x" * 10_000 + b"\nok\n")
    with measures(64, 100):
        forward = list(lines_from(source))
    assert [(line.data, line.end) for line in forward] == [(b"ok", 3), (None, 10_004), (b"ok", 10_007)]
