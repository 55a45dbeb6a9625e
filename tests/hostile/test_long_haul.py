"""Deploy after deploy in one process, with faults: nothing is left open, running or lying about.

`tests/bench/longhaul.py` does the same for hours, and looks at memory too."""

from tests.bench.longhaul import LongHaul, a_state_directory

RUNS = 25
WARM_UP = 5
KEPT_RUNS = 8
MOST_THREADS = 16
"""Python's pool of threads grows as it is used, up to a size of its own."""


def test_nothing_is_left_behind_however_runs_end() -> None:
    with a_state_directory() as state:
        haul = LongHaul(RUNS, 1, state, kept_runs=KEPT_RUNS).run()

    assert len(haul.ended) > 1, "some went well, and some did not"
    assert len(haul.faults) > 2
    before, later = haul.held[:WARM_UP], haul.held[WARM_UP:]
    for held in later:
        assert held.descriptors <= max(each.descriptors for each in before)
        assert held.tasks <= max(each.tasks for each in before)
        assert held.temporary <= max(each.temporary for each in before)
        assert held.children == 0
        assert held.threads <= MOST_THREADS
        assert held.state_files <= 2 * KEPT_RUNS, "each journal may have an index"
