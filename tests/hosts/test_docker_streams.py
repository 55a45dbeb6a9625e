"""Logs and outputs taken apart, however the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.hosts import line_buffer
from backstaff.hosts.docker_streams import FramedLog, FramedOutput, TerminalLog
from backstaff.hosts.line_buffer import CUT_MARK, LineBuffer
from backstaff.hosts.protocol import LogLine
from tests.hosts.fake_docker import frame

T1, T2 = "2026-01-02T03:04:05.000000001Z", "2026-01-02T03:04:05.000000002Z"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def lines_of(log: FramedLog | TerminalLog, chunks: list[bytes]) -> list[LogLine]:
    return [line for chunk in chunks for line in log.feed(chunk)] + list(log.rest())


places = st.lists(st.integers(min_value=0), max_size=20)
texts = st.binary(max_size=40).filter(lambda text: b"\n" not in text and not text.endswith(b"\r"))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), texts), max_size=10), places)
def test_a_framed_log_is_the_same_wherever_it_is_cut(
    written: list[tuple[int, bytes]], where: list[int]
) -> None:
    data = b"".join(frame(stream, T1.encode() + b" " + text + b"\n") for stream, text in written)

    assert lines_of(FramedLog(), cut(data, where)) == [
        LogLine("stdout" if stream == 1 else "stderr", T1, text.decode("utf-8", "replace"))
        for stream, text in written
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J\x1b]0;title\x07 hello",
        "hello",
        "",
        "2026-01-02 03:04:05 hello",
        "2026-01-02T03:04:05 hello",
        "2026-02-31T03:04:05Z hello",
        "2026-01-02T03:04:05Zhello",
        "2026-01-02T03:04:05.0000000001Z hello",
        "٢٠٢٦-01-02T03:04:05Z hello",
    ],
)
def test_what_is_no_time_belongs_to_the_line(text: str) -> None:
    line = [LogLine("stdout", "", text)]
    assert lines_of(FramedLog(), [frame(1, f"{text}\n".encode())]) == line
    assert lines_of(TerminalLog(), [f"{text}\n".encode()]) == line


@pytest.mark.parametrize("at", [T1, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+02:00"])
def test_a_time_is_told_by_itself(at: str) -> None:
    for text in ("", "hello  world", "\x1b[2J"):
        line = [LogLine("stdout", at, text)]
        assert lines_of(FramedLog(), [frame(1, f"{at} {text}\n".encode())]) == line
        assert lines_of(TerminalLog(), [f"{at} {text}\n".encode()]) == line


@settings(deadline=None)
@given(st.lists(texts, max_size=10), places)
def test_a_terminals_log_is_the_same_wherever_it_is_cut(written: list[bytes], where: list[int]) -> None:
    data = b"".join(T1.encode() + b" " + text + b"\r\n" for text in written)

    assert lines_of(TerminalLog(), cut(data, where)) == [
        LogLine("stdout", T1, text.decode("utf-8", "replace")) for text in written
    ]


def test_a_line_in_several_messages_is_one_line_with_its_first_time() -> None:
    data = (
        frame(1, f"{T1} begin ".encode())
        + frame(2, f"{T2} between\n".encode())
        + frame(1, f"{T2} end\n".encode())
    )

    assert lines_of(FramedLog(), [data]) == [
        LogLine("stderr", T2, "between"),
        LogLine("stdout", T1, "begin end"),
    ]


def test_a_last_line_without_an_end_is_kept() -> None:
    assert lines_of(FramedLog(), [frame(2, f"{T1} dying".encode())]) == [LogLine("stderr", T1, "dying")]
    assert lines_of(TerminalLog(), [f"{T1} dying".encode()]) == [LogLine("stdout", T1, "dying")]


@pytest.mark.parametrize(
    "rubbish", [b"<html><body>", b"\x01\x00\x01\x00\x00\x00\x00\x01x", b"\x09" + b"\0" * 7]
)
def test_what_is_no_log_is_refused(rubbish: bytes) -> None:
    with pytest.raises(ValueError, match="not the output of a container"):
        list(FramedLog().feed(rubbish))


def test_a_line_without_an_end_does_not_eat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_buffer, "LONGEST_LINE", 100)
    buffer = LineBuffer()

    lines = [line for _ in range(1000) for line in buffer.feed(b"x" * 50)] + list(buffer.feed(b"\nnext\n"))

    assert lines == ["x" * 100 + CUT_MARK, "next"]


def test_a_frame_that_claims_gigabytes_does_not_eat_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_buffer, "LONGEST_LINE", 100)
    log = FramedLog()
    huge = frame(1, b"")[:4] + (1000).to_bytes(4, "big")

    after = [frame(1, f"{T1} {text}\n".encode()) for text in ("", "next")]
    lines = lines_of(log, [huge, *([b"x" * 50] * 20), *after])

    assert lines[-1].text == "next"
    assert all(len(line.text) <= 200 for line in lines)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=10), places)
def test_output_of_a_program_is_kept_by_stream(written: list[tuple[int, bytes]], where: list[int]) -> None:
    output = FramedOutput(limit=10_000)
    for chunk in cut(b"".join(frame(stream, text) for stream, text in written), where):
        output.feed(chunk)

    for number, name in ((1, "stdout"), (2, "stderr")):
        whole = b"".join(text for stream, text in written if stream == number)
        assert output.text(name) == whole.decode("utf-8", "replace")


def test_endless_output_of_a_program_is_cut_with_a_mark() -> None:
    output = FramedOutput(limit=5)
    output.feed(frame(1, b"123") + frame(1, b"456") + frame(2, b"fine"))

    assert (output.text("stdout"), output.text("stderr")) == ("12345\n[output cut]\n", "fine")
