"""Whatever is missing, doubled or disordered in a log: it is read, kept, and it completes or is explained."""

import re
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.events.types import Event, Failed, RunEnded, WaitExplained
from backstaff.kamallog.grammar import Loose, records
from backstaff.kamallog.wrapping import Wrapping, detect, unwrapped
from tests.kamallog.logs import CAPTURES, as_github, bare, board_of, capture, output, read, states, told
from tests.kamallog.test_grammar import ANY_LINE

FEW = settings(max_examples=40)
NAMES = st.sampled_from(CAPTURES)
_ID = re.compile(r"\[(?P<id>[0-9a-f]{8})\] (?:Running .* (?:on|as \S+@)\s*(?P<host>\S+)$)?")


def _completes_or_is_explained(events: Sequence[Event]) -> bool:
    """Either there is a verdict, or a card and an explanation of each open wait."""
    board = board_of(events)
    if told(events, RunEnded):
        return not board.waits
    return bool(told(events, Failed)) and {each.wait for each in told(events, WaitExplained)} == set(
        board.waits
    )


@FEW
@given(NAMES, st.floats(0, 1), st.booleans())
def test_a_log_cut_at_any_line_completes_or_is_explained(name: str, part: float, within_line: bool) -> None:
    lines = capture(name)
    cut = lines[: round(part * len(lines))]
    if within_line and cut:
        cut[-1] = cut[-1][: len(cut[-1]) // 2]
    assert _completes_or_is_explained(read(cut))


@FEW
@given(NAMES, st.floats(0, 1))
def test_a_log_without_its_beginning_is_read(name: str, part: float) -> None:
    lines = capture(name)
    assert _completes_or_is_explained(read(lines[round(part * len(lines)) :]))


@FEW
@given(st.lists(ANY_LINE, max_size=60))
def test_anything_is_read(lines: list[str]) -> None:
    assert _completes_or_is_explained(read(lines))


@FEW
@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bytes_that_are_no_text_are_read(chunks: list[bytes]) -> None:
    read([chunk.decode("utf-8", "replace") for chunk in chunks])


@FEW
@given(st.lists(ANY_LINE, max_size=40))
def test_what_can_not_be_read_is_kept(lines: list[str]) -> None:
    unwrapped_lines = list(unwrapped(lines, Wrapping.PLAIN))
    loose = [each.text for each in records(unwrapped_lines) if isinstance(each, Loose)]
    if detect(lines) is Wrapping.PLAIN and not any("\x1b" in line for line in lines):
        kept = output(read(lines))
        assert [text for text in loose if text not in kept and "[REDACTED]" not in " ".join(kept)] == []


@pytest.mark.parametrize("name", CAPTURES)
def test_what_stands_between_kamals_lines_is_kept(name: str) -> None:
    lines = bare(name)
    strange = [f"something else {number}" for number in range(len(lines))]
    mixed = [line for pair in zip(lines, strange, strict=True) for line in pair]
    kept = output(read(mixed))
    inside = {place for place in range(len(lines)) if _is_inside(lines, place)}
    assert [text for place, text in enumerate(strange) if place not in inside and text not in kept] == []


def _is_inside(lines: Sequence[str], place: int) -> bool:
    """Whether a line that comes after this one would be in the middle of a command."""
    before = next(
        (line for line in reversed(lines[: place + 1]) if re.match(r"\s*(?:DEBUG|INFO) \[", line)), ""
    )
    return "Command: " in before or (
        "Running " in before and _ID.search(before) is not None and "lock-" in before
    )


@FEW
@given(
    st.sampled_from(["again-in-groups.log", "unhealthy.log", "rollback.log"]),
    st.randoms(use_true_random=False),
)
def test_hosts_may_be_interleaved_in_any_way(name: str, random: Random) -> None:
    lines = bare(name)
    assert states(board_of(read(_interleaved(lines, random)))) == states(board_of(read(lines)))


def _interleaved(lines: Sequence[str], random: Random) -> list[str]:
    """The lines with neighbours swapped where they are commands of different hosts."""
    mixed, hosts = list(lines), _hosts(lines)
    for _ in range(4):
        for place in range(len(mixed) - 1):
            first, second = (_host(mixed[place + step], hosts) for step in (0, 1))
            if first and second and first != second and random.random() < 0.5:
                mixed[place], mixed[place + 1] = mixed[place + 1], mixed[place]
    return mixed


def _hosts(lines: Sequence[str]) -> dict[str, str]:
    found = (_ID.search(line) for line in lines)
    return {each["id"]: each["host"] for each in found if each and each["host"]}


def _host(line: str, hosts: dict[str, str]) -> str:
    found = _ID.search(line)
    return hosts.get(found["id"], "") if found else ""


@pytest.mark.parametrize("name", CAPTURES)
def test_windows_line_ends_change_nothing(name: str) -> None:
    lines = bare(name)
    unix, windows = (read([f"{line}{end}" for line in lines]) for end in ("\n", "\r\n"))
    assert [event.body for event in unix] == [event.body for event in windows]


@pytest.mark.parametrize("name", CAPTURES)
def test_a_log_that_ends_in_a_ci_system_by_force_never_counts_as_done(name: str) -> None:
    lines = bare(name)
    cut = [*as_github(lines[:-3]), "2026-11-23T12:00:00.0000000Z ##[error]The operation was canceled.\n"]
    assert [each.verdict for each in told(read(cut), RunEnded) if each.verdict == "done"] == []
