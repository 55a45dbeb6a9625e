import pytest

from backstaff.explain.words import by_role, duration, listed, size, times, undoubled


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.94, "0.9 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (-1, "0 s"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_counts_and_lists() -> None:
    assert [times(count) for count in (1, 2, 9)] == ["once", "twice", "9 times"]
    assert listed([]) == "nobody"
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([f"h{n}" for n in range(20)], most=3) == "h0, h1 and 18 more"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (999_600, "1.0 MB"),
        (48_000_000, "48 MB"),
        (4.1e9, "4.1 GB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


def test_pairs_are_told_role_by_role() -> None:
    pairs = [("h3", "job"), ("h5", "cron"), ("h4", "job")]
    assert by_role(pairs) == "job on h3 and h4, cron on h5"
    assert by_role([]) == ""


def test_a_cause_that_names_itself_twice_is_said_once() -> None:
    assert undoubled("x not found: manifest unknown: manifest unknown") == "x not found: manifest unknown"
    assert undoubled("a: b: a") == "a: b: a"
