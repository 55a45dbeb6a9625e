"""How often the console draws by itself."""

import pytest

from backstaff.console.pace import REST, Pace


class Hands:
    """A clock that goes on only while work is done, or by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at

    def work(self) -> None:
        self.at += 2.0


def test_the_first_work_may_begin_at_once() -> None:
    assert not Pace(Hands()).rests


@pytest.mark.parametrize(("later", "rests"), [(0.0, True), (2.0 * REST - 0.5, True), (2.0 * REST, False)])
def test_after_work_there_is_a_rest_that_is_as_long_as_the_work_was(later: float, rests: bool) -> None:
    clock = Hands()
    pace = Pace(clock)
    pace.spend(clock.work)
    clock.at += later
    assert pace.rests is rests
