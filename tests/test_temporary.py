"""Temporary directories and their end."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from backstaff import temporary
from backstaff.temporary import make_directory, remove, remove_all, temporary_directory

MAKER = """
from pathlib import Path
from backstaff.temporary import make_directory

directory = make_directory("backstaff-")
(directory / "deep").mkdir()
print(directory, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(temporary, "_ended", False)


def maker(place: Path) -> "tuple[subprocess.Popen[str], Path]":
    """Another process, and the directory that it has."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(place), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_directory_is_ours_alone_and_gone_with_all_in_it_when_removed(tmp_path: Path) -> None:
    directory = make_directory("backstaff-")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    (directory / "deep").mkdir()
    (directory / "deep" / "file").touch()
    remove(directory)
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_body_removes_it_too(tmp_path: Path) -> None:
    with pytest.raises(LookupError), temporary_directory("backstaff-"):
        raise LookupError
    assert list(tmp_path.iterdir()) == []


def test_at_the_end_all_that_are_left_are_removed_and_nothing_else(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    remove(make_directory("backstaff-a-"))
    make_directory("backstaff-b-")
    make_directory("backstaff-c-")
    remove_all()
    assert list(tmp_path.iterdir()) == [other]


def test_after_the_end_no_thread_makes_another_one(tmp_path: Path) -> None:
    remove_all()
    with pytest.raises(OSError, match="this process ends"):
        make_directory("backstaff-")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_behind_goes_with_the_next_directory(tmp_path: Path) -> None:
    process, left = maker(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert left.is_dir()
    other = tmp_path / "backstaff-of-somebody"
    other.mkdir()
    with temporary_directory("backstaff-") as directory:
        assert sorted(tmp_path.iterdir()) == sorted([other, directory])


def test_what_a_living_process_has_stays(tmp_path: Path) -> None:
    process, its = maker(tmp_path)
    with temporary_directory("backstaff-"):
        assert (its / "deep").is_dir()
    process.communicate("\n")


def test_ours_are_not_taken_by_others(tmp_path: Path) -> None:
    with temporary_directory("backstaff-") as ours:
        process, _ = maker(tmp_path)
        process.communicate("\n")
        assert ours.is_dir()
