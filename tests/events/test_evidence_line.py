from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.evidence_line import LONGEST, evidence_line, without_progress
from backstaff.events.inert import inert


def test_of_progress_there_is_its_beginning_and_what_it_came_to() -> None:
    assert without_progress("h1: 0%\r10%\r\x1b[K\r100%\r") == "h1: 0% … 100%"
    assert without_progress("10%\r  \rcurl: (22) it says 500") == "10% curl: (22) it says 500"


@given(st.text(st.characters(exclude_characters="\r")))
def test_a_line_that_nothing_was_written_over_is_the_same_with_either_end(text: str) -> None:
    shown = inert(text) if inert(text).strip() else ""
    assert without_progress(text) == without_progress(text + "\r") == shown


@given(st.text(st.sampled_from("ab \r\x1b[K"), max_size=2000))
def test_a_line_of_evidence_is_inert_and_short(text: str) -> None:
    line = evidence_line(text)
    assert inert(line) == line
    assert len(line) <= LONGEST
    assert evidence_line(line) == line


def test_of_an_endless_line_the_end_stays_as_well() -> None:
    line = evidence_line("failed: " + "x" * 5000 + " exit code: 1")
    assert line.startswith("failed: xxx")
    assert line.endswith("xxx exit code: 1")
