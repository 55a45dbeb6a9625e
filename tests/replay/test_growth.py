"""A log of Kamal's that is read while it is shown already."""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from io import BufferedWriter, FileIO
from pathlib import Path

import pytest

from backstaff.errors import JournalError
from backstaff.events.types import Event
from backstaff.kamallog.read import read_kamal_log
from backstaff.replay import growth as growths
from backstaff.replay.entries import Entry
from backstaff.replay.follow import to_the_end
from backstaff.replay.growth import Growth
from backstaff.replay.opened import OpenedRun, opened_at_once
from backstaff.replay.player import Player
from tests.replay.journals import a_talkative_run, make_index, text_of

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
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        with_a_full_disk(run.growth)
        with pytest.raises(JournalError) as error:
            run.growth.further()
        assert "No space left" in str(error.value)
        assert run.growth.done
        assert run.recording.shortfall is error.value


def with_a_full_disk(growth: Growth) -> None:
    growth._file.close()
    growth._file = BufferedWriter(FileIO("/dev/full", "wb"))


def test_a_run_can_be_left_with_lines_for_which_there_is_no_room() -> None:
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        with_a_full_disk(run.growth)
        run.growth._file.write(b"{}\n")
        source = run.growth.source
    with pytest.raises(JournalError):
        source.read(0, 1)


def test_the_index_holds_what_was_read_of_a_log_that_can_not_be_read_to_its_end() -> None:
    with opened_at_once(LOG) as run:
        assert run.growth is not None
        with_a_full_disk(run.growth)
        player = Player(run.recording, run.goes_on)
        while player.index_further():
            pass
        assert run.recording.index.covered == run.recording.size() > 0
        assert not player.knows_all
        assert run.recording.shortfall is not None
        assert run.recording.read_share < 1


def test_what_is_written_is_indexed_before_more_of_the_log_is_read() -> None:
    with opened_at_once(LOG) as run:
        player, shares = Player(run.recording, run.goes_on), [0.0]
        t = told(run)[-1].t / 2
        deque(player.seek(t), maxlen=0)
        assert run.recording.grows
        while player.index_further():
            shares.append(run.recording.read_share)
        shares.append(run.recording.read_share)
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert player.knows_all


def test_what_is_wrong_in_the_log_ends_the_reading() -> None:
    def events(_tell: Callable[[float], None]) -> Iterator[Event]:
        yield from RUN[:50]
        raise JournalError("the log is gone")

    growth = Growth(LOG, events)
    with pytest.raises(JournalError):
        deque(iter(growth.further, False), maxlen=0)
    assert growth.done
    assert str(growth.trouble) == "the log is gone"
    assert growth.source.stamp().size == len(text_of(RUN[:50]))
    growth.source.close()
