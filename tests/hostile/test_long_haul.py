"""Deploy after deploy in one process, with faults: nothing is left open, running or lying about.

`tests/bench/longhaul.py` prints the figures, of as many runs as one likes."""

import pytest

from tests.bench.longhaul import LongHaul, a_state_directory, thirds

RUNS = 200
WARM_UP = 40
KEPT_RUNS = 8
MOST_OF_RUNS = 60
"""More than after the first run; one that goes on has some hundreds."""
MOST_GROWTH = {"objects": 1.02, "blocks": 1.02, "memory_kb": 1.1}
"""Over a third of the runs. Of the memory that the system counts, more and more is free but in pieces."""
MOST_THREADS = 16
"""Python's pool of threads grows as it is used, up to a size of its own."""


@pytest.mark.timeout(900)
def test_nothing_is_left_behind_however_runs_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # What simulated hosts keep is to reach its limit while the first runs go on.
    monkeypatch.setattr("backstaff.simulator.logs.KEPT", 100)
    monkeypatch.setattr("backstaff.simulator.events.KEPT", 100)
    with a_state_directory() as state:
        haul = LongHaul(RUNS, 2, state, kept_runs=KEPT_RUNS).run()

    assert len(haul.ended) > 1, "some went well, and some did not"
    assert len(haul.faults) > 2
    assert haul.resumed > 10
    assert haul.rolled_back > 0
    before, later = haul.held[:WARM_UP], haul.held[WARM_UP:]
    for held in later:
        assert held.descriptors <= max(each.descriptors for each in before)
        assert held.tasks <= max(each.tasks for each in before)
        assert held.of_runs <= before[0].of_runs + MOST_OF_RUNS
        assert held.temporary <= max(each.temporary for each in before)
        assert held.children == 0
        assert held.threads <= MOST_THREADS
        assert held.state_files <= 2 * KEPT_RUNS, "each journal may have an index"
    for name, most in MOST_GROWTH.items():
        _, second, last = thirds([int(getattr(each, name)) for each in haul.held])
        assert last <= second * most, name
