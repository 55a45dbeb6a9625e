import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.types import Output
from backstaff.replay.entries import Entry
from backstaff.replay.finding import Finding
from backstaff.replay.recording import Recording
from tests.replay.journals import a_journal, a_talkative_run

EVENTS = a_talkative_run(60)
PATTERN = re.compile("line [12]")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording.open(a_journal(tmp_path_factory.mktemp("finding"), EVENTS))


def ends(recording: Recording) -> list[int]:
    return [
        each.end
        for each in recording.entries()
        if isinstance(each, Entry)
        and isinstance(each.event.body, Output)
        and PATTERN.search(each.event.body.text)
    ]


def places(recording: Recording) -> list[int]:
    return [0, *(each.end for each in recording.entries())]


def complete(finding: Finding) -> Finding:
    for _ in finding.steps():
        pass
    return finding


@given(st.data())
def test_every_line_that_matches_is_found_from_wherever_it_is_looked_for(
    recording: Recording, data: st.DataObject
) -> None:
    every, hits = places(recording), ends(recording)
    finding = complete(Finding(recording, PATTERN, data.draw(st.sampled_from(every))))
    place = data.draw(st.sampled_from(every))
    assert finding.complete
    assert finding.found == len(hits)
    assert finding.after(place) == next((hit for hit in hits if hit > place), hits[0])
    assert finding.before(place) == next((hit for hit in reversed(hits) if hit < place), hits[-1])
    assert [finding.number_of(hit) for hit in hits] == list(range(1, len(hits) + 1))


@given(st.data())
def test_what_is_told_before_all_was_looked_at_is_right(recording: Recording, data: st.DataObject) -> None:
    every, hits = places(recording), ends(recording)
    finding = Finding(recording, PATTERN, data.draw(st.sampled_from(every)))
    steps = finding.steps()
    for _ in range(data.draw(st.integers(0, 25))):
        next(steps, None)
    place = data.draw(st.sampled_from(every))
    assert finding.after(place) in {None, next((hit for hit in hits if hit > place), hits[0])}
    assert finding.before(place) in {None, next((hit for hit in reversed(hits) if hit < place), hits[-1])}


def test_where_nothing_matches_nothing_is_found(recording: Recording) -> None:
    finding = complete(Finding(recording, re.compile("no such words"), 0))
    assert finding.found == 0
    assert finding.after(0) is None
    assert finding.before(recording.size()) is None
