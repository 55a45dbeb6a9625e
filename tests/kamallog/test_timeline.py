"""The time of a log: its own, or estimated; it never goes back."""

from datetime import UTC, datetime, timedelta

from backstaff.kamallog.timeline import LONGEST_S, Timeline

BEGAN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


def test_durations_move_an_estimated_time() -> None:
    timeline = Timeline(BEGAN, stamped=False)
    timeline.reached(2.5)
    timeline.reached(1.0)
    assert (timeline.t, timeline.wall) == (2.5, BEGAN + timedelta(seconds=2.5))


def test_durations_do_not_move_the_files_own_time() -> None:
    timeline = Timeline(BEGAN, stamped=True)
    timeline.reached(2.5)
    timeline.saw(BEGAN + timedelta(seconds=1))
    timeline.saw(BEGAN)
    timeline.saw(None)
    assert timeline.t == 1.0


def test_numbers_that_are_no_times_move_nothing() -> None:
    timeline = Timeline(BEGAN, stamped=False)
    timeline.reached(LONGEST_S * 2)
    timeline.reached(float("inf"))
    timeline.reached(float("nan"))
    assert timeline.t == 0.0
