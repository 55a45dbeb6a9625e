"""Boot times of the runs that are recorded."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.facts import Outcome, PairState, WaitKind
from backstaff.events.types import Output, WaitEnded
from backstaff.replay import boot_times as module
from backstaff.replay.boot_times import BootTimes, Usual, boot_times, usual
from tests.events.builders import Script, a_run, pair, wait
from tests.replay.journals import text_of


def a_journal(directory: Path, number: int, *seconds: float, destination: str = "production") -> Path:
    """A run whose web containers took so long to become healthy; those of higher numbers are newer."""
    script = Script().at(0, a_run(destination=destination))
    for place, took in enumerate(seconds, 1):
        script.at(1, wait(place, WaitKind.PROXY, f"h{place}", "web", "the proxy"))
        script.at(1 + took, pair(f"h{place}", "web", PairState.SWITCHING))
        script.at(60, WaitEnded(wait=place, outcome=Outcome.DONE, took_s=59))
    path = directory / f"20261123-1203{number:02}-a1b2.jsonl"
    directory.mkdir(exist_ok=True)
    path.write_bytes(text_of(script.events))
    return path


def found(directory: Path, newest: int = 30, now: Callable[[], float] = lambda: 0.0) -> BootTimes:
    return boot_times(directory, "shop", "production", newest=newest, now=now)


def test_the_starts_of_all_runs_are_counted_by_role(tmp_path: Path) -> None:
    a_journal(tmp_path, 1, 24, 20)
    a_journal(tmp_path, 2, 25)
    assert found(tmp_path) == BootTimes({"web": [25, 24, 20]}, runs=2)


def test_other_services_and_destinations_do_not_count(tmp_path: Path) -> None:
    a_journal(tmp_path, 1, 24)
    a_journal(tmp_path, 2, 90, destination="staging")
    assert found(tmp_path).seconds == {"web": [24]}
    assert boot_times(tmp_path, "blog", "production", now=lambda: 0.0) == BootTimes()


def test_only_the_newest_runs_that_started_anything_count(tmp_path: Path) -> None:
    a_journal(tmp_path, 1, 90)
    a_journal(tmp_path, 2, 24)
    a_journal(tmp_path, 3)
    assert found(tmp_path, newest=1) == BootTimes({"web": [24]}, runs=1)


def test_reading_ends_in_time_with_what_it_has(tmp_path: Path) -> None:
    for number in range(20):
        a_journal(tmp_path, number, 24)
    ticks: Iterator[int] = count()
    times = found(tmp_path, now=lambda: next(ticks) * module.WITHIN_S / 10)
    assert 0 < times.runs < 20


def test_damaged_and_foreign_files_are_passed_over(tmp_path: Path) -> None:
    path = a_journal(tmp_path, 1, 24)
    cut = a_journal(tmp_path, 2, 25)
    cut.write_bytes(cut.read_bytes()[:-30])
    (tmp_path / "20261123-120303-a1b2.jsonl").write_bytes(b"no journal\n")
    (tmp_path / "20261123-120304-a1b2.jsonl").write_bytes(b"")
    (tmp_path / "20261123-120305-a1b2.jsonl").symlink_to(path)
    (tmp_path / "20261123-120306-a1b2.jsonl").mkdir()
    assert found(tmp_path).seconds == {"web": [25, 24]}


def test_output_that_looks_like_an_event_is_none(tmp_path: Path) -> None:
    event = '"kind":"pair_changed","host":"h1","role":"web","state":"switching"'
    script = Script().at(0, a_run()).at(1, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
    script.at(2, Output(source="container", host="h1", role="web", text=event))
    (tmp_path / "20261123-120301-a1b2.jsonl").write_bytes(text_of(script.events))
    assert found(tmp_path) == BootTimes()


def test_no_directory_is_no_runs(tmp_path: Path) -> None:
    assert found(tmp_path / "none") == BootTimes()


def test_a_directory_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(JournalError, match="can not be read"):
        found(tmp_path / "runs")


def test_the_usual_time_is_what_19_of_20_starts_did_not_exceed() -> None:
    assert usual([*range(1, 21)]) == Usual(p95_s=19, within=19, starts=20)
    assert usual([3, 1, 2, 5, 4]) == Usual(p95_s=5, within=5, starts=5)


def test_of_a_few_starts_nothing_is_said() -> None:
    assert usual([30, 30, 30, 30]) is None


@given(st.lists(st.floats(0, 1000), min_size=5, max_size=60))
def test_at_least_95_percent_are_within_the_usual_time(seconds: list[float]) -> None:
    seen = usual(seconds)
    assert seen is not None
    assert sum(each <= seen.p95_s for each in seconds) >= 0.95 * len(seconds)
    assert sum(each < seen.p95_s for each in seconds) < 0.95 * len(seconds)
    assert seen.p95_s in seconds
