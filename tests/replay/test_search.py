import re
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.errors import UsageError
from backstaff.events.inert import inert
from backstaff.events.types import Event, Output
from backstaff.replay.limited import Limited
from backstaff.replay.recording import Recording
from backstaff.replay.search import Hit, Searched, TooSlow
from tests.events.builders import START
from tests.replay.journals import a_journal, a_talkative_run, small_measures, text_of

PIECES = ["a", "B", "é", "\x1b[31m", "\x1b[0m", '"', "\\", "\t", "line", " ", "\u200b"]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES)).map("".join), min_size=1, max_size=12)
PATTERNS = st.sampled_from(
    ["line", "a", "(?i)b", "é", '"', r"\\", "aB", "^a", "a$", "li?ne|a", "x*", " ", "zz"]
)


def an_output(seq: int, text: str) -> Event:
    return Event(seq=seq, at=START, t=0.0, body=Output(source="build", text=text))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search")


@given(TEXTS, PATTERNS)
@settings(max_examples=80)
def test_what_is_shown_is_found_in_both_directions(directory: Path, texts: list[str], words: str) -> None:
    events = [an_output(number, text) for number, text in enumerate(texts, 1)]
    pattern = re.compile(words)
    expected = [
        (event.seq, spans)
        for event, text in zip(events, texts, strict=True)
        if (spans := tuple(m.span() for m in pattern.finditer(inert(text)) if m.end() > m.start()))
    ]
    with small_measures(), Recording.open(a_journal(directory, events)) as recording:
        assert hits(recording, pattern, 0) == expected
        assert hits(recording, pattern, recording.size(), backward=True) == expected[::-1]


def hits(
    recording: Recording, pattern: re.Pattern[str], offset: int, *, backward: bool = False
) -> list[tuple[int, object]]:
    found = recording.search(pattern, offset, backward=backward)
    return [(hit.entry.event.seq, hit.spans) for hit in found if isinstance(hit, Hit)]


def test_searching_goes_on_from_a_hit(tmp_path: Path) -> None:
    pattern = re.compile(r"line 1\d$")
    with Recording.open(a_journal(tmp_path, a_talkative_run())) as recording:
        first = next(hit for hit in recording.search(pattern, 0) if isinstance(hit, Hit))
        second = next(hit for hit in recording.search(pattern, first.entry.end) if isinstance(hit, Hit))
        back = recording.search(pattern, second.entry.offset, backward=True)
        assert second.entry.event.seq == first.entry.event.seq + 1
        assert next(hit for hit in back if isinstance(hit, Hit)) == first


def test_only_output_is_searched_and_damage_is_passed_over(tmp_path: Path) -> None:
    content = text_of(a_talkative_run()).replace(b'"text":"line 5"', b'"text":"line 5')
    with Recording.open(a_journal(tmp_path, content)) as recording:
        assert hits(recording, re.compile("^deploy$"), 0) == []
        assert hits(recording, re.compile("^line 5$"), 0) == []
        assert len(hits(recording, re.compile("^line 6$"), 0)) == 1


def test_progress_is_told_while_nothing_is_found(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, a_talkative_run(lines=5_000))) as recording:
        places = [
            each.offset for each in recording.search(re.compile("nowhere"), 0) if isinstance(each, Searched)
        ]
        assert len(places) > 3
        assert places == sorted(places)
        back = recording.search(re.compile("nowhere"), recording.size(), backward=True)
        told = [each.offset for each in islice(back, 2) if isinstance(each, Searched)]
        assert told == sorted(told, reverse=True)


def test_lines_on_which_the_expression_takes_too_long_are_told_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstaff.replay.search.Limited", partial(Limited, longest_s=0.01))
    texts = ["ab", "a" * 60, "aab"]
    events = [an_output(number, text) for number, text in enumerate(texts, 1)]
    with Recording.open(a_journal(tmp_path, events)) as recording:
        found = list(recording.search(re.compile("(a|a)*b"), 0))
    assert [type(each) for each in found] == [Hit, TooSlow, Hit]


def test_a_search_that_takes_too_long_on_many_lines_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backstaff.replay.search.Limited", partial(Limited, longest_s=0.01))
    events = [an_output(number, "a" * 60) for number in range(1, 30)]
    with (
        Recording.open(a_journal(tmp_path, events)) as recording,
        pytest.raises(UsageError, match="given up"),
    ):
        list(recording.search(re.compile("(a|a)*b"), 0))
