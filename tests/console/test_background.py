from collections.abc import Iterator

import pytest

from backstaff.console.background import Background, Want


def a_job(done: list[str], name: str, steps: int = 2) -> Iterator[None]:
    for number in range(steps):
        done.append(f"{name} {number}")
        yield


def work_to_the_end(background: Background) -> None:
    while not background.idle:
        background.work()


def test_the_most_wanted_is_done_first() -> None:
    done: list[str] = []
    background = Background()
    background.put(Want.INDEX, a_job(done, "index"))
    background.put(Want.SEEK, a_job(done, "seek"))
    assert background.does(Want.SEEK)
    work_to_the_end(background)
    assert done == ["seek 0", "seek 1", "index 0", "index 1"]
    assert not background.does(Want.SEEK)


def test_one_of_a_kind_replaces_the_other_and_can_be_dropped() -> None:
    done: list[str] = []
    background = Background()
    background.put(Want.SEEK, a_job(done, "old"))
    background.put(Want.SEEK, a_job(done, "new"))
    background.put(Want.OLDER, a_job(done, "older"))
    background.drop(Want.OLDER)
    work_to_the_end(background)
    assert done == ["new 0", "new 1"]


def test_a_job_can_put_another_in_its_own_place() -> None:
    done: list[str] = []
    background = Background()

    def first() -> Iterator[None]:
        yield
        background.put(Want.SEEK, a_job(done, "second"))

    background.put(Want.SEEK, first())
    work_to_the_end(background)
    assert done == ["second 0", "second 1"]


def test_a_job_that_breaks_is_over_and_the_others_go_on() -> None:
    done: list[str] = []
    background = Background()

    def broken() -> Iterator[None]:
        yield
        raise OSError("gone")

    background.put(Want.SEEK, broken())
    background.put(Want.INDEX, a_job(done, "index"))
    with pytest.raises(OSError, match="gone"):
        background.work()
    work_to_the_end(background)
    assert done == ["index 0", "index 1"]


def test_it_works_for_a_short_time_only() -> None:
    background = Background()
    steps = iter(range(100_000_000))
    background.put(Want.INDEX, steps)
    background.work()
    assert next(steps) < 99_999_999
    assert not background.idle
