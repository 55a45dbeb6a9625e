"""Deploy after deploy in one process, with faults: nothing is left open, running or lying about.

`tests/bench/longhaul.py` prints the figures, of as many runs as one likes."""

import pytest

from backstaff.errors import ExitCode
from tests.bench.longhaul import ALL_WRONG, LongHaul, a_state_directory, growth

RUNS = 200
WARM_UP = 40
KEPT_RUNS = 8
LEAST_RECOVERED = RUNS // 10
MOST_OF_RUNS = 20
"""More than after the first run: what the next one may go on with. One that is kept has some hundreds."""
MOST_GROWTH = {"of_runs": 0.1, "objects": 4, "blocks": 50, "memory_kb": 75}
"""With each run of the last two thirds. What the haul writes down of each takes ten blocks. Of the memory
that the system counts, more and more is free but in pieces."""
MOST_THREADS = 16
"""Python's pool of threads grows as it is used, up to a size of its own."""


@pytest.mark.timeout(900)
def test_runs_recover_and_leave_nothing_behind_however_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    # What simulated hosts keep is to reach its limit while the first runs go on.
    monkeypatch.setattr("backstaff.simulator.logs.KEPT", 100)
    monkeypatch.setattr("backstaff.simulator.events.KEPT", 100)
    with a_state_directory() as state:
        haul = LongHaul(RUNS, 3, state, kept_runs=KEPT_RUNS).run()

    assert len(haul.ended) > 3, "some went well, and some did not"
    assert haul.ended["done"] >= RUNS / 3
    assert [name for name in ALL_WRONG if not haul.struck[name]] == []
    assert set(haul.undisturbed) == {"done"}, "what an earlier run left does not end a later one"
    assert haul.recovered >= LEAST_RECOVERED
    assert haul.resumed > 10
    assert haul.rolled_back > 0
    assert haul.at_last is ExitCode.DONE
    assert haul.left == {
        "h1": ["demo-web-last", "kamal-proxy"],
        "h2": ["demo-web-last", "kamal-proxy"],
        "h3": ["demo-job-last"],
    }
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
        grown = growth([int(getattr(each, name)) for each in haul.held[RUNS // 3 :]])
        assert grown <= most, name
