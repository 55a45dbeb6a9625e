from datetime import UTC, datetime
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.replay.times import HINT, Stretch, parse_time

BEGAN = datetime(2026, 11, 23, 14, 2, 0, tzinfo=UTC)
SHORT = Stretch(105.0, BEGAN, now_t=30.0, zone=UTC)


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("1:23", 83.0),
        ("83s", 83.0),
        ("83", 83.0),
        ("83.5", 83.5),
        ("1m23s", 83.0),
        ("1 min 23 s", 83.0),
        ("1m", 60.0),
        ("0:01:23", 83.0),
        ("14:03:22", 82.0),
        ("14:03:22.5", 82.5),
        ("+10", 40.0),
        ("-10", 20.0),
        ("+1:00", 90.0),
        ("-1:00", 0.0),
        ("50%", 52.5),
        ("100%", 105.0),
        ("start", 0.0),
        ("End", 105.0),
        ("9:00", 105.0),
    ],
)
def test_a_time_is_read_as_people_type_it(text: str, t: float) -> None:
    assert parse_time(text, SHORT) == pytest.approx(t)


def test_three_numbers_are_how_far_into_a_long_run() -> None:
    assert parse_time("1:02:03", Stretch(7200.0, BEGAN, zone=UTC)) == 3723.0


def test_a_time_of_day_after_midnight_is_of_the_next_day() -> None:
    late = Stretch(600.0, datetime(2026, 11, 23, 23, 58, tzinfo=UTC), zone=UTC)
    assert parse_time("00:01:00", late) == 180.0
    assert parse_time("23:59:00", late) == 60.0
    assert parse_time("0:01:00", late) == 60.0


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "+", "-x", "%", "1:99x", "s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="that is no time"):
        parse_time(text, SHORT)


@pytest.mark.parametrize("text", HINT.split())
def test_what_is_given_as_examples_are_times(text: str) -> None:
    assert 0 <= parse_time(text, SHORT) <= 105.0


def test_a_time_of_day_outside_of_the_run_is_refused_with_when_it_was() -> None:
    with pytest.raises(ValueError, match=r"the run went from 14:02:00 to 14:03:45"):
        parse_time("15:00:00", SHORT)
    with pytest.raises(ValueError, match="a day has no such time"):
        parse_time("25:00:00", SHORT)
    with pytest.raises(ValueError, match="not known at what time of day"):
        parse_time("14:03:22", Stretch(105.0))


@given(st.text(max_size=12), st.floats(0, 1e6))
def test_no_text_leads_out_of_the_run(text: str, length_t: float) -> None:
    try:
        t = parse_time(text, Stretch(length_t, BEGAN, length_t / 2, UTC))
    except ValueError:
        return
    assert 0.0 <= t <= length_t


def test_of_a_run_that_is_not_all_read_a_share_is_refused_and_a_time_is_not_cut_off() -> None:
    unknown = Stretch(inf)
    with pytest.raises(ValueError, match="before all of the run is read"):
        parse_time("50%", unknown)
    assert parse_time("end", unknown) == inf
    assert parse_time("start", unknown) == 0
    assert parse_time("2:00:00", unknown) == 7200
