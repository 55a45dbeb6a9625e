import math
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.facts import PairState
from backstaff.events.types import Event, PairChanged
from backstaff.replay.recording import Recording
from backstaff.report.log_places import Measures, places_shown
from tests.events.builders import START
from tests.replay.journals import a_journal, make_index
from tests.report.pages import log_of, log_texts, page_of, said

FEW = Measures(first=5, before_failure=3, after_failure=2, newest=10)


def with_failure(count: int, at: int) -> list[Event]:
    events = said(f"line {number}" for number in range(count))
    body = PairChanged(host="h1", role="web", state=PairState.FAILED, detail="it broke")
    events.insert(at, Event(seq=1, at=START, t=at / 10, body=body))
    return [event.model_copy(update={"seq": number}) for number, event in enumerate(events, 1)]


def test_a_short_log_is_there_as_a_whole() -> None:
    lines, _ = log_of(page_of(said(f"line {number}" for number in range(10)), FEW))
    assert [line[5] for line in lines] == [f"line {number}" for number in range(10)]


def test_of_a_long_log_its_beginning_what_is_around_failures_and_its_end_are_there() -> None:
    texts = log_texts(page_of(with_failure(100, at=50), FEW))
    kept = [text for text in texts if text.startswith("line")]
    assert kept == [f"line {number}" for number in (*range(5), 48, 49, 50, 51, *range(90, 100))]
    assert sum(text.startswith("left out here: ") for text in texts) == 2
    assert any("it broke" in text for text in texts)


def test_a_gap_says_how_much_is_missing() -> None:
    (gap,) = (text for text in log_texts(page_of(said("x" * 100 for _ in range(100)), FEW)) if "left" in text)
    assert gap == "left out here: 22 kB of the journal, 8.5 s of the run; `backstaff replay` shows all of it"


@given(st.integers(0, 80), st.integers(0, 80), st.integers(1, 9_000), st.integers(1, 9_000))
def test_places_are_in_order_apart_and_within_their_measures(
    count: int, at: int, newest_bytes: int, other_bytes: int
) -> None:
    measures = Measures(
        first=4,
        before_failure=3,
        after_failure=2,
        newest=7,
        first_bytes=other_bytes,
        failure_bytes=other_bytes,
        newest_bytes=newest_bytes,
    )
    with TemporaryDirectory() as directory:
        path = a_journal(Path(directory), with_failure(count, min(at, count)))
        with Recording.open(path) as recording:
            make_index(recording)
            end = recording.moment_at(math.inf).offset
            places = places_shown(recording, end, measures)
            starts = [entry.offset for entry in recording.entries()]
    assert all(place.start in {*starts, end} and place.end in {*starts, end} for place in places)
    assert all(before.end < after.start for before, after in pairwise(places))
    assert places[-1].end == end
    assert sum(place.end - place.start for place in places) <= newest_bytes + 3 * other_bytes
    shown = [start for start in starts if any(place.start <= start < place.end for place in places)]
    assert len(shown) <= 4 + (3 + 2) + 7
