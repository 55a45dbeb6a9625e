"""Times, ages and sizes as people type them."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from backstaff.cli.runs_words import age_from, moment_from, size_from

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nine hours ahead of UTC."""
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("45s", timedelta(seconds=45)),
        ("30m", timedelta(minutes=30)),
        ("1.5h", timedelta(minutes=90)),
        (" 3 d ", timedelta(days=3)),
        ("2w", timedelta(days=14)),
    ],
)
def test_ages(text: str, age: timedelta) -> None:
    assert age_from(text) == age


@pytest.mark.parametrize("text", ["", "30", "d", "-3d", "3 months", "3M", "9999999999d", "٣d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no time span"):
        age_from(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("4096", 4096),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("1.5G", 1_500_000_000),
        ("512MiB", 512 * 1024**2),
        ("2T", 2 * 10**12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert size_from(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 PB", "1iB", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        size_from(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2h", "2026-11-23T10:00"),
        ("1d", "2026-11-22T12:00"),
        ("2026-11-23", "2026-11-22T15:00"),
        ("2026-11-23 12:03", "2026-11-23T03:03"),
        ("2026-11-23T12:03:57", "2026-11-23T03:03:57"),
        ("2026-11-23T12:03Z", "2026-11-23T12:03"),
        ("9:30", "2026-11-23T00:30"),
        ("09:30:15", "2026-11-23T00:30:15"),
    ],
)
def test_times_are_those_of_this_machine_unless_they_name_a_zone(text: str, moment: str) -> None:
    assert moment_from(text, NOW) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_a_date_as_an_end_is_meant_as_a_whole_day() -> None:
    day = moment_from("2026-11-23", NOW, end=True)
    assert day == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert moment_from("12:03", NOW, end=True) == moment_from("12:03", NOW)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "25:00", "12", "9999-12-31", "999999w"])
def test_what_is_no_time_is_refused_with_the_forms_that_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time; write it as 2h, 3d, 2026-11-23"):
        moment_from(text, NOW, end=True)
