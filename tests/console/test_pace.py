"""How often the console draws by itself."""

import pytest

from backstaff.console.pace import LONGEST_REST_S, REST, Pace


class Hands:
    """A clock that goes on only while work is done, or by hand."""

    def __init__(self) -> None:
        self.at = 100.0
        self.takes = 0.125

    def __call__(self) -> float:
        return self.at

    def work(self) -> None:
        self.at += self.takes


def test_the_first_work_may_begin_at_once() -> None:
    assert not Pace(Hands()).rests


@pytest.mark.parametrize(
    ("later", "rests"), [(0.0, True), (0.125 * REST - 0.125, True), (0.125 * REST, False)]
)
def test_after_work_there_is_a_rest_that_is_as_long_as_the_work_was(later: float, rests: bool) -> None:
    clock = Hands()
    pace = Pace(clock)
    pace.spend(clock.work)
    clock.at += later
    assert pace.rests is rests


@pytest.mark.parametrize(("later", "rests"), [(LONGEST_REST_S - 0.5, True), (LONGEST_REST_S, False)])
def test_however_slow_a_drawing_was_the_next_one_comes_soon(later: float, rests: bool) -> None:
    clock = Hands()
    clock.takes = 60.0
    pace = Pace(clock)
    pace.spend(clock.work)
    clock.at += later
    assert pace.rests is rests
