"""Temporary directories and their end."""

import stat
import tempfile
from pathlib import Path

import pytest

from backstaff.temporary import make_directory, remove, remove_all, temporary_directory


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


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
