from pathlib import Path

import pytest

from backstaff.console.settings import Settings, load_settings, save_settings


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "state" / "console.json"
    save_settings(file, Settings("backstaff-light"))
    save_settings(file, Settings("backstaff-ansi"))
    assert load_settings(file) == Settings("backstaff-ansi")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"theme": 3}', '{"other": 1}', "\ud800"])
def test_a_broken_file_counts_as_nothing(tmp_path: Path, text: str) -> None:
    file = tmp_path / "console.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert load_settings(file) == Settings()


def test_no_file_is_nothing(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "console.json") == Settings()
