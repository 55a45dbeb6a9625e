"""How often Python looks for garbage."""

import gc

from backstaff.engine.garbage import collected_seldom


def test_it_is_looked_for_less_often_while_the_body_runs_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with collected_seldom():
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before


def test_who_wants_it_even_less_often_is_not_overruled() -> None:
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 50, 50)
    try:
        with collected_seldom():
            assert gc.get_threshold() == (1_000_000, 50, 50)
    finally:
        gc.set_threshold(*before)
