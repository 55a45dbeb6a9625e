import fcntl
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.cli.reading import read_in_sight
from backstaff.replay import index_builder, index_file
from backstaff.replay.blobs import Blobs
from backstaff.replay.breakdown import breakdown
from backstaff.replay.index_path import index_path
from backstaff.replay.recording import Recording
from tests.replay.journals import (
    a_failed_run,
    a_journal,
    a_talkative_run,
    folded,
    indexed,
    make_index,
    small_measures,
    text_of,
)

EVENTS = a_talkative_run()
TEXT = text_of(EVENTS)
HALF = len(text_of(EVENTS[: len(EVENTS) // 2]))
TIMES = (0.0, 6.0, 21.005, 21.02, 32.0, 1e9)


@pytest.fixture(autouse=True)
def measures() -> Iterator[None]:
    with small_measures():
        yield


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with a complete index beside it."""
    path = a_journal(tmp_path, EVENTS)
    indexed(path).close()
    return path


def answers_are_right(recording: Recording) -> None:
    for t in TIMES:
        assert recording.moment_at(t).board == folded(EVENTS, t)
    assert recording.moment_before(HALF).board == folded(EVENTS[: len(EVENTS) // 2])


def loaded(path: Path) -> int:
    """How much of a journal is known from the file of its index."""
    with Recording.open(path) as recording:
        answers_are_right(recording)
        return recording.index.covered


def test_an_index_is_found_again_and_says_the_same(journal: Path) -> None:
    with Recording.open(journal) as kept, Recording.open(a_journal(journal.parent, EVENTS, "other")) as made:
        make_index(made)
        assert kept.index.covered == journal.stat().st_size
        assert len(kept.index.contents.checkpoints) > 5
        assert kept.index.contents.marks == made.index.contents.marks
        assert kept.index.marks() == made.index.marks()
        assert kept.index.contents.events == len(EVENTS)
        answers_are_right(kept)
        answers_are_right(made)


def test_a_complete_index_is_not_made_again(journal: Path) -> None:
    before = index_path(journal).stat()
    with Recording.open(journal) as recording:
        make_index(recording)
    assert index_path(journal).stat() == before


def test_an_index_is_its_owners_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        indexed(a_journal(tmp_path, EVENTS)).close()
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "run.jsonl.idx").stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.jsonl", "run.jsonl.idx"]


def test_a_short_journal_needs_no_index_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("backstaff.replay.indexing.WORTH_KEEPING", len(TEXT) + 1)
    with indexed(a_journal(tmp_path, EVENTS)) as recording:
        assert recording.index.marks()
    assert [each.name for each in tmp_path.iterdir()] == ["run.jsonl"]


@given(st.one_of(st.floats(0, 1, exclude_max=True), st.integers(-80, -1)), st.integers(0, 255))
@settings(max_examples=150)
def test_any_damage_of_the_index_gives_the_same_answers_and_a_new_index(where: float, how: int) -> None:
    with TemporaryDirectory() as directory:
        path = a_journal(Path(directory), EVENTS)
        indexed(path).close()
        index = index_path(path)
        content = bytearray(index.read_bytes())
        place = int(len(content) * where) if where >= 0 else int(where)
        if how:
            content[place] ^= how
        else:
            del content[place:]
        index.write_bytes(content)
        with Recording.open(path) as recording:
            answers_are_right(recording)
            make_index(recording)
            assert recording.index.covered == len(TEXT)
            answers_are_right(recording)
        with Recording.open(path) as recording:
            checkpoints = recording.index.contents.checkpoints
            assert recording.index.covered == len(TEXT)
            assert all(recording.index.is_sound(each) for each in checkpoints)


def test_what_is_left_half_way_is_kept_and_gone_on_with(tmp_path: Path) -> None:
    path = a_journal(tmp_path, EVENTS)
    with Recording.open(path) as recording:
        for covered in recording.make_index():
            if covered > HALF:
                break
    with Recording.open(path) as recording:
        assert recording.index.covered == covered
        assert next(recording.make_index()) == covered
        make_index(recording)
        assert recording.index.contents.events == len(EVENTS)
        answers_are_right(recording)
    assert loaded(path) == len(TEXT)


def test_a_journal_that_has_grown_keeps_its_index(tmp_path: Path) -> None:
    path = a_journal(tmp_path, TEXT[:HALF])
    indexed(path).close()
    with path.open("ab") as file:
        file.write(TEXT[HALF:])
    assert loaded(path) == HALF
    with indexed(path) as recording:
        assert recording.index.covered == len(TEXT)
        answers_are_right(recording)
    assert loaded(path) == len(TEXT)


def test_waits_and_phases_that_go_on_end_in_a_later_session(tmp_path: Path) -> None:
    path = a_journal(tmp_path, TEXT[:HALF])
    with indexed(path) as recording:
        going_on = [mark for mark in recording.index.marks() if mark.until_t is None]
    with path.open("ab") as file:
        file.write(TEXT[HALF:])
    whole = a_journal(tmp_path, EVENTS, "whole.jsonl")
    with indexed(path) as resumed, indexed(whole) as at_once:
        assert going_on
        assert resumed.index.marks() == at_once.index.marks()


def changed(path: Path) -> None:
    """Makes sure that the time of the last change differs, however coarse the file system's clock."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))


def test_a_journal_that_was_changed_in_place_gets_a_new_index(journal: Path) -> None:
    content = journal.read_bytes()
    journal.write_bytes(content.replace(b"line 7", b"LINE 7"))
    changed(journal)
    with Recording.open(journal) as recording:
        assert recording.index.covered == 0
        assert "LINE 7" in str(recording.moment_at(21.001).board.output)


def test_another_journal_of_the_same_name_gets_a_new_index(journal: Path) -> None:
    new = a_journal(journal.parent, EVENTS, "new")
    new.replace(journal)
    changed(journal)
    assert loaded(journal) == 0


def test_a_journal_that_was_cut_gets_a_new_index(journal: Path) -> None:
    os.truncate(journal, HALF)
    with indexed(journal) as recording:
        assert recording.index.covered == HALF
        assert recording.moment_at(1e9).board == folded(EVENTS[: len(EVENTS) // 2])


def test_an_index_of_another_version_is_made_anew(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "_made_by", lambda: "an older one")
    assert loaded(journal) == 0
    indexed(journal).close()
    assert loaded(journal) == len(TEXT)


def test_an_index_that_others_could_have_written_is_not_trusted(journal: Path) -> None:
    index = index_path(journal)
    index.chmod(0o622)
    assert loaded(journal) == 0
    index.chmod(0o600)
    assert loaded(journal) == len(TEXT)
    index.rename(journal.parent / "elsewhere")
    index.symlink_to(journal.parent / "elsewhere")
    assert loaded(journal) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_index_of_another_user_is_not_trusted(journal: Path) -> None:
    os.chown(index_path(journal), 12_345, -1)
    assert loaded(journal) == 0


def test_what_stands_in_the_way_of_the_index_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    path = a_journal(tmp_path, EVENTS)
    index_path(path).mkdir()
    with indexed(path) as recording:
        assert recording.index_trouble.startswith(f"the index can not be kept: {path}.idx: ")
        assert recording.index.covered == len(TEXT)
        answers_are_right(recording)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.jsonl", "run.jsonl.idx"]


def test_who_reads_a_run_to_its_end_is_told_in_one_line_that_the_index_is_not_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_journal(tmp_path, EVENTS)
    index_path(path).mkdir()
    with Recording.open(path) as recording:
        read_in_sight(recording)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert f"the index can not be kept: {path}.idx: " in told.err


def test_a_full_disk_costs_only_the_speed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Blobs, "add", refuse)
    with indexed(a_journal(tmp_path, EVENTS)) as recording:
        assert recording.index_trouble.endswith("No space left on device")
        assert recording.index.covered == len(TEXT)
        answers_are_right(recording)
    assert [each.name for each in tmp_path.iterdir()] == ["run.jsonl"]


def test_an_index_that_another_process_saves_just_now_is_left_to_it(tmp_path: Path) -> None:
    path = a_journal(tmp_path, EVENTS)
    with (tmp_path / "run.jsonl.idx.new").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with indexed(path) as recording:
            assert recording.index_trouble == ""
        assert not index_path(path).exists()
    indexed(path).close()
    assert loaded(path) == len(TEXT)


def test_large_boards_are_kept_more_seldom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_builder, "MOST_OF_JOURNAL", 8)
    with indexed(a_journal(tmp_path, a_talkative_run(lines=2000))) as recording:
        kept = sum(each.size for each in recording.index.contents.checkpoints)
        assert 0 < kept < recording.size() / 4


def test_files_are_closed(journal: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(3):
        with journal.open("ab") as file:
            file.write(TEXT[:-1].splitlines(keepends=True)[-1] + b"\n")
        indexed(journal).close()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_of_a_run_with_very_many_waits_none_is_kept_and_who_asks_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_builder, "MOST_WAITS", 1)
    with Recording.open(a_journal(tmp_path, a_failed_run())) as recording:
        make_index(recording)
        builder = recording._indexing._builder
        assert builder is not None
        assert builder._reckoning is None
        assert recording.breakdown() == breakdown(a_failed_run())
