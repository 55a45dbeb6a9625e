"""The timeline as text, at any width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_text import cells
from backstaff.console.subject import RUN, Subject
from backstaff.console.timeline_text import (
    FAILED,
    HERE,
    HOST,
    LEAST_TRACK,
    WAITED,
    Course,
    Told,
    phases_line,
    t_at,
    thinned,
    track_line,
    track_start,
    words_line,
)
from backstaff.events.facts import Outcome
from backstaff.replay.marks import Mark, MarkKind

WAIT = Mark(MarkKind.WAIT, 20, 200, "job@h3 waits for web", "h3", "job", until_t=60, outcome=Outcome.EXPIRED)
OTHER = Mark(MarkKind.WAIT, 30, 300, "web@h1 waits for the proxy", "h1", "web", until_t=50)
FAILURE = Mark(MarkKind.FAILURE, 60, 600, "boot of web on h1: it answers 500", "h1", "web")
LOST = Mark(MarkKind.HOST, 80, 800, "h2 is lost", "h2")
BOOT = Mark(MarkKind.PHASE, 10, 100, "boot", until_t=90, outcome=Outcome.FAILED)
BUILD = Mark(MarkKind.PHASE, 0, 10, "build", until_t=2, outcome=Outcome.DONE)
MARKS = (BUILD, BOOT, WAIT, OTHER, FAILURE, LOST)


def a_course(now_t: float = 0.0, **changes: object) -> Course:
    return Course(**{"length_t": 100.0, "now_t": now_t, "known_t": 100.0, "marks": MARKS, **changes})  # type: ignore[arg-type]


def track(course: Course, width: int = 124) -> str:
    return track_line(course, width).plain[track_start(course) :]


def test_waits_failures_and_hosts_stand_where_they_happened() -> None:
    shown = track(a_course(), track_start(a_course()) + 101)
    assert shown[0] == HERE.glyph
    assert shown[20:60] == WAITED.glyph * 40
    assert shown[60] == FAILED.glyph
    assert shown[80] == HOST.glyph
    assert WAITED.glyph not in shown[61:]


def test_the_place_is_marked_and_hides_nothing_that_happened() -> None:
    width = track_start(a_course()) + 101
    assert track(a_course(40.0), width)[40] == HERE.glyph
    assert track(a_course(60.0), width)[60] == FAILED.glyph


def test_what_is_not_known_yet_looks_different() -> None:
    shown = track(a_course(known_t=50.0, marks=()), track_start(a_course()) + 101)
    assert set(shown[52:]) == {"·"}
    assert "·" not in shown[:50]


def test_a_wait_that_goes_on_lasts_as_far_as_is_known() -> None:
    going_on = Mark(MarkKind.WAIT, 20, 200, "job@h3 waits", "h3", "job")
    shown = track(a_course(marks=(going_on,)), track_start(a_course()) + 101)
    assert shown[20:] == WAITED.glyph * 81


def test_phases_are_above_their_part_of_the_track_with_their_times() -> None:
    course = a_course()
    line = phases_line(course, track_start(course) + 101).plain[track_start(course) :]
    assert line[10:].startswith("│boot 1 min 20 s")
    assert line.startswith("│ ")
    assert "build" not in line


def test_the_state_and_the_times_come_first() -> None:
    assert track_line(a_course(83.0, state="▸ 1x"), 80).plain.startswith("▸ 1x       1:23 / 1:40  ")


@given(st.integers(0, 200), st.floats(0, 100), st.floats(0, 1e5))
def test_lines_are_never_wider_than_there_is_room_for(width: int, now_t: float, length_t: float) -> None:
    course = a_course(min(now_t, length_t), length_t=length_t)
    for line in (phases_line(course, width), track_line(course, width), words_line(course, width)):
        assert cells(line.plain) <= width


@given(st.integers(40, 200), st.floats(0, 100))
def test_the_cell_at_which_a_place_is_drawn_leads_back_to_it(width: int, now_t: float) -> None:
    course = a_course(now_t, marks=())
    at = track_line(course, width).plain.index(HERE.glyph)
    t = t_at(course, at, width)
    assert t is not None
    assert abs(t - now_t) <= 100 / (width - track_start(course) - 1)


def test_beside_the_track_there_is_no_time() -> None:
    course = a_course()
    assert t_at(course, 0, 80) is None
    assert t_at(course, 80, 80) is None
    assert t_at(course, 5, track_start(course) + LEAST_TRACK - 1) is None
    assert t_at(course, 79, 80) == 100.0


@pytest.mark.parametrize(
    ("offset", "now_t", "subject", "words"),
    [
        (200, 20.0, RUN, "wait 1 of 2   job@h3 waits for web (40 s)"),
        (450, 40.0, RUN, "wait 2 of 2   web@h1 waits for the proxy (20 s)"),
        (450, 40.0, Subject("h3", "job"), "wait 1 of 2   job@h3 waits for web (40 s)"),
        (600, 60.0, RUN, "failure 1 of 1   boot of web on h1: it answers 500"),
        (800, 80.0, RUN, "host event 1 of 1   h2 is lost"),
        (900, 95.0, RUN, ""),
        (0, 0.0, RUN, ""),
    ],
)
def test_it_is_told_what_is_at_the_place(offset: int, now_t: float, subject: Subject, words: str) -> None:
    assert Told(MARKS).words_at(offset, now_t, subject) == words


def test_where_nothing_is_it_is_told_what_there_is_to_go_to() -> None:
    assert words_line(a_course(), 80).plain == "2 waits   1 failure   1 host event"
    assert words_line(a_course(words="wait 1 of 2"), 80).plain == "wait 1 of 2"


@given(
    st.lists(
        st.builds(
            Mark,
            st.sampled_from(MarkKind),
            st.floats(0, 100),
            st.integers(0, 1_000),
            st.sampled_from(["boot", "h1 is lost"]),
            until_t=st.none() | st.floats(0, 100),
            outcome=st.none() | st.sampled_from(Outcome),
        ),
        max_size=40,
    ),
    st.integers(40, 120),
    st.floats(0, 100),
)
def test_marks_that_nobody_sees_are_left_out_and_nothing_looks_different(
    marks: list[Mark], width: int, now_t: float
) -> None:
    course = a_course(now_t, marks=tuple(marks))
    fewer = a_course(now_t, marks=thinned(course, width))
    assert track_line(fewer, width) == track_line(course, width)
    assert phases_line(fewer, width) == phases_line(course, width)


def test_however_many_marks_there_are_only_as_many_are_drawn_as_can_be_seen() -> None:
    many = tuple(Mark(MarkKind.FAILURE, number / 100, number, "boot failed") for number in range(10_000))
    assert len(thinned(a_course(marks=many), 120)) <= 120
