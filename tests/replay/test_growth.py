"""A log of Kamal's that is read while it is shown already."""

import errno
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from backstaff.errors import JournalError
from backstaff.events.types import Event
from backstaff.kamallog.read import read_kamal_log
from backstaff.replay import growth as growths
from backstaff.replay.entries import Entry
from backstaff.replay.follow import to_the_end
from backstaff.replay.growth import Growth
from backstaff.replay.opened import OpenedRun, opened_at_once
from tests.replay.journals import a_talkative_run, make_index

LOG = Path(__file__).parents[1] / "data" / "kamal" / "verbose.log"
RUN = a_talkative_run()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growths, "STEP_S", -1.0)


def told(run: OpenedRun) -> list[Event]:
    return [each.event for each in run.recording.entries() if isinstance(each, Entry)]


def test_a_log_can_be_looked_at_before_all_of_it_is_read() -> None:
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        assert run.goes_on()
        beginning, share = told(run), run.recording.read_share
        assert 0 < len(beginning) < len(list(read_kamal_log(LOG)))
        assert share < 1
        while run.growth.further():
            assert run.recording.read_share >= share
        assert not run.goes_on()
        assert told(run) == list(read_kamal_log(LOG))


def test_the_index_goes_on_with_what_was_read() -> None:
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        make_index(run.recording)
        known = run.recording.index.contents.events
        while run.growth.further():
            pass
        make_index(run.recording)
        assert 0 < known < run.recording.index.contents.events == len(list(read_kamal_log(LOG)))


def test_lines_come_as_the_log_is_read_and_none_is_missing() -> None:
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        entries = to_the_end(run.recording, run.goes_on, run.growth.further)
        first = next(entries)
        assert run.growth.share < 1
        rest = list(entries)
        assert [each.event for each in [first, *rest] if isinstance(each, Entry)] == list(read_kamal_log(LOG))


def test_reading_ends_when_the_run_is_closed_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    closed: list[bool] = []

    def events(_tell: Callable[[float], None]) -> Iterator[Event]:
        try:
            yield from RUN
        finally:
            closed.append(True)

    growth = Growth(LOG, events)
    assert list(tmp_path.iterdir()) == []
    assert not closed
    growth.close()
    growth.source.close()
    assert closed == [True]
    assert not growth.further()


def test_a_disk_that_becomes_full_is_told() -> None:
    growth = Growth(LOG, lambda _tell: iter(RUN))

    class Full:
        def write(self, _data: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            pass

    growth._file.close()
    growth._file = _as_file(Full())
    with pytest.raises(JournalError) as error:
        growth.further()
    growth.source.close()
    assert "No space left" in str(error.value)
    assert growth.done


def _as_file(file: object) -> BinaryIO:
    return file  # type: ignore[return-value]


def test_what_is_wrong_in_the_log_ends_the_reading() -> None:
    def events(_tell: Callable[[float], None]) -> Iterator[Event]:
        yield from RUN[:50]
        raise JournalError("the log is gone")

    growth = Growth(LOG, events)
    with pytest.raises(JournalError):
        deque(iter(growth.further, False), maxlen=0)
    assert growth.done
    growth.source.close()
