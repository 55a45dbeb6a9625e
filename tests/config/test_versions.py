"""Version numbers compare as RubyGems compares them."""

import pytest

from backstaff.config.versions import newer


@pytest.mark.parametrize(
    ("version", "than"),
    [
        ("2.12.1", "2.12.0"),
        ("2.12.0", "2.9.9"),
        ("3", "2.12.0"),
        ("2.12.0", "2.12.0.rc1"),
        ("2.12.0.rc1", "2.12.0.beta2"),
        ("2.12.0", "2.12.0-rc1"),
        ("2.12.0.1", "2.12.0"),
    ],
)
def test_newer(version: str, than: str) -> None:
    assert newer(version, than)
    assert not newer(than, version)


@pytest.mark.parametrize(("one", "other"), [("2.12", "2.12.0"), ("2.12.0.0", "2.12")])
def test_trailing_zeros_do_not_count(one: str, other: str) -> None:
    assert not newer(one, other)
    assert not newer(other, one)
