"""Which runs are removed, and what goes with them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.journal import JournalWriter
from backstaff.replay.journal_files import JournalFile
from backstaff.replay.prune import Bounds, Kept, choose, prune
from tests.events.builders import a_good_deploy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALL = Bounds(runs=0)


def a_run(days_ago: float, size: int = 100, *, ours: bool = True) -> Kept:
    began = NOW - timedelta(days=days_ago)
    name = f"{began:%Y%m%d-%H%M%S}-00aa"
    return Kept(JournalFile(Path(name), name, began, 0, size, ours), size)


def a_file(directory: Path, days_ago: int, size: int = 100) -> Path:
    began = NOW - timedelta(days=days_ago)
    path = directory / f"{began:%Y%m%d-%H%M%S}-00aa.jsonl"
    path.write_bytes(b"x" * size)
    return path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_without_bounds_nothing_goes() -> None:
    assert choose([a_run(1), a_run(1000, 10**12)], Bounds(), NOW) == []


def test_the_newest_are_kept_and_the_oldest_go_first() -> None:
    runs = [a_run(2), a_run(4), a_run(1), a_run(3)]
    assert choose(runs, Bounds(runs=2), NOW) == [a_run(4), a_run(3)]
    assert len(choose(runs, ALL, NOW)) == 4


def test_runs_that_began_longer_ago_go() -> None:
    runs = [a_run(1), a_run(29.9), a_run(30.1)]
    assert choose(runs, Bounds(age=timedelta(days=30)), NOW) == [a_run(30.1)]


def test_runs_that_take_too_much_room_go_but_never_the_newest_for_that() -> None:
    runs = [a_run(1, 600), a_run(2, 300), a_run(3, 200)]
    assert choose(runs, Bounds(size=1000), NOW) == [a_run(3, 200)]
    assert choose(runs, Bounds(size=500), NOW) == [a_run(3, 200), a_run(2, 300)]


def test_what_is_not_ours_is_neither_chosen_nor_counted() -> None:
    runs = [a_run(1, ours=False), a_run(2), a_run(3)]
    assert choose(runs, Bounds(runs=1), NOW) == [a_run(3)]


any_run = st.builds(a_run, st.integers(0, 400), st.integers(0, 1000), ours=st.booleans())
any_bound = st.builds(
    Bounds,
    st.none() | st.integers(0, 10),
    st.none() | st.builds(timedelta, days=st.integers(0, 400)),
    st.none() | st.integers(0, 3000),
)


@given(st.lists(any_run, max_size=20), any_bound)
def test_what_is_left_is_within_all_bounds(runs: list[Kept], bounds: Bounds) -> None:
    chosen = choose(runs, bounds, NOW)
    left = [run for run in runs if run.file.ours]
    for run in chosen:
        left.remove(run)
    assert bounds.runs is None or len(left) <= bounds.runs
    assert bounds.age is None or all(NOW - run.file.began <= bounds.age for run in left)
    assert bounds.size is None or sum(run.size for run in left) <= bounds.size or len(left) == 1


def test_a_run_goes_with_its_index(tmp_path: Path) -> None:
    old, new = a_file(tmp_path, 3), a_file(tmp_path, 1)
    for path in (old, new):
        path.with_name(f"{path.name}.idx").write_bytes(b"x" * 50)
    old.with_name(f"{old.name}.idx.new").write_bytes(b"x")
    pruned = prune(tmp_path, Bounds(runs=1), NOW)
    assert names(tmp_path) == [new.name, f"{new.name}.idx"]
    assert ([file.path for file in pruned.removed], pruned.freed, pruned.troubles) == ([old], 150, ())


def test_a_dry_run_tells_the_same_and_removes_nothing(tmp_path: Path) -> None:
    a_file(tmp_path, 3)
    orphan = a_file(tmp_path, 9).rename(tmp_path / "20251123-120000-00aa.jsonl.idx")
    told = prune(tmp_path, ALL, NOW, dry_run=True)
    assert len(names(tmp_path)) == 2
    assert told.removed == prune(tmp_path, ALL, NOW).removed
    assert not orphan.exists()


def test_a_run_that_goes_on_stays(tmp_path: Path) -> None:
    journal = JournalWriter(tmp_path, "20261101-120000-00aa", pytest.fail)
    journal(a_good_deploy().events[0])
    assert prune(tmp_path, ALL, NOW).removed == ()
    journal.close()
    assert len(prune(tmp_path, ALL, NOW).removed) == 1


def test_files_of_others_stay(tmp_path: Path) -> None:
    mine = {
        "notes.jsonl",
        "backstaff-20261101-120000-00aa.jsonl",
        "20261101-120000-00aa.jsonl.gz",
        "20261101-120000-00aa.idx",
        "friday.jsonl.idx",
        "20261101-120000-00aa.jsonl.idx.bak",
    }
    for name in mine:
        (tmp_path / name).write_text("x")
    (tmp_path / "20261102-120000-00aa.jsonl").symlink_to(tmp_path / "notes.jsonl")
    (tmp_path / "20261103-120000-00aa.jsonl").mkdir()
    assert prune(tmp_path, ALL, NOW).removed == ()
    assert len(names(tmp_path)) == len(mine) + 2


def test_an_index_whose_journal_is_gone_goes_and_is_counted(tmp_path: Path) -> None:
    for name in ("20261101-120000-00aa.jsonl.idx", "20261101-120000-00ab.jsonl.idx.new"):
        (tmp_path / name).write_bytes(b"x" * 10)
    pruned = prune(tmp_path, Bounds(), NOW)
    assert (names(tmp_path), pruned.freed) == ([], 20)


def test_a_run_that_somebody_else_removes_at_the_same_time_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_file(tmp_path, 2), a_file(tmp_path, 1)
    unlink = Path.unlink

    def somebody_was_quicker(path: Path, missing_ok: bool = False) -> None:
        if path == first and path.exists():
            unlink(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", somebody_was_quicker)
    pruned = prune(tmp_path, ALL, NOW)
    assert ([file.path for file in pruned.removed], pruned.troubles) == ([second], ())


def test_a_run_that_can_not_be_removed_is_told_and_does_not_keep_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = a_file(tmp_path, 2), a_file(tmp_path, 1)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == first:
            raise PermissionError(1, "Operation not permitted")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    pruned = prune(tmp_path, ALL, NOW)
    assert [file.path for file in pruned.removed] == [second]
    assert pruned.troubles == (f"{first} can not be removed: Operation not permitted",)


def test_a_directory_that_is_not_there_needs_no_pruning_and_one_that_is_none_is_told(tmp_path: Path) -> None:
    assert prune(tmp_path / "none", ALL, NOW).removed == ()
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError):
        prune(tmp_path / "file", ALL, NOW)


def test_the_age_of_a_run_is_that_of_its_name_not_of_a_file_that_was_touched(tmp_path: Path) -> None:
    old = a_file(tmp_path, 100)
    os.utime(old)
    assert len(prune(tmp_path, Bounds(age=timedelta(days=90)), NOW).removed) == 1
