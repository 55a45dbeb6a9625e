"""Expressions that would take for ever are passed over, and then given up."""

import re
import signal
import threading

import pytest

from backstaff.replay.limited import MOST_SLOW, Limited

EVIL = [
    (r"(a|a)*b", "a" * 60),
    (r"(a|ab|b)*c", "ab" * 60),
    (r"(.*){20}x", "a" * 100),
    (r".*e.*f.*g", "ab e" * 20_000),
]


@pytest.mark.parametrize(("pattern", "text"), EVIL)
def test_a_line_that_would_take_for_ever_is_passed_over(pattern: str, text: str) -> None:
    limited = Limited(re.compile(pattern), longest_s=0.02)
    assert limited.found_in(text) is False
    assert (limited.slow, limited.given_up) == (1, False)
    assert limited.found_in("abcefgabx")


def test_an_expression_that_is_slow_on_many_lines_is_given_up() -> None:
    limited = Limited(re.compile("(a|a)*b"), longest_s=0.01)
    for _ in range(MOST_SLOW):
        limited.found_in("a" * 60)
    assert limited.given_up
    assert limited.found_in("ab") is False


def test_nothing_is_left_of_the_timer_and_its_signal() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    limited = Limited(re.compile("(a|a)*b"), longest_s=0.01)
    limited.found_in("a" * 60)
    limited.found_in("ab")
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_an_error_of_matching_passes_through() -> None:
    def broken() -> bool:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        Limited(re.compile("a+")).run(broken, otherwise=False)


def test_in_another_thread_it_matches_without_a_limit() -> None:
    limited = Limited(re.compile("a+b"))
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(limited.found_in("aab")))
    thread.start()
    thread.join()
    assert found == [True]
