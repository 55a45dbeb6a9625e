"""Where the time went, as a person reads it."""

import pytest

from backstaff.events.facts import Outcome, Phase, WaitKind
from backstaff.events.types import PhaseEnded, PhaseStarted, WaitEnded
from backstaff.events.width import columns
from backstaff.headless.breakdown_text import breakdown_lines
from backstaff.replay.breakdown import breakdown
from tests.events.builders import Script, a_good_deploy, a_run, at_the_barrier, until_boot, wait
from tests.recordings import recorded


def lines_of(script: Script, width: int = 80) -> list[str]:
    return [str(line) for line in breakdown_lines(breakdown(script.events), width)]


def many_hosts(count: int = 200, *, slow: int = 150) -> Script:
    """A boot in which host after host is healthy a little later, and one much later."""
    script = Script().at(0, a_run(), PhaseStarted(phase=Phase.BOOT))
    for number in range(1, count + 1):
        script.at(0, wait(number, WaitKind.PROXY, f"h{number}", "web", "the proxy to find it healthy"))
    for number in range(1, count + 1):
        if number != slow:
            script.at(10 + number / 100, WaitEnded(wait=number, outcome=Outcome.DONE, took_s=10))
    script.at(60, WaitEnded(wait=slow, outcome=Outcome.DONE, took_s=60))
    return script.at(60, PhaseEnded(phase=Phase.BOOT, outcome=Outcome.DONE, took_s=60))


def test_a_phase_has_its_seconds_its_share_and_the_pair_it_ended_with() -> None:
    lines = lines_of(a_good_deploy())
    assert lines[0] == "where 18 s went: # worked, - only waited"
    assert "boot                       11 s  =========      61%, last job@h3" in lines
    assert "  job@h3                    9 s  ------------   7 s readiness, 2 s barrier" in lines


def test_who_could_end_the_longest_wait_is_named() -> None:
    script = at_the_barrier(until_boot(Script()), 6.4).at(
        40, WaitEnded(wait=9, outcome=Outcome.DONE, took_s=0)
    )
    lines = lines_of(script)
    (boot,) = [line for line in lines if line.startswith("boot ")]
    assert "84%, not ended, last job@h" in boot
    assert "    barrier: up to job on h3; the first healthy web container" in lines


def test_of_200_hosts_the_slowest_are_shown_and_the_rest_is_counted() -> None:
    lines = lines_of(many_hosts())
    assert len(lines) < 10
    assert lines[2].startswith("  web@h150                1 min")
    assert lines[-1] == "  and 197 more, none slower; half of all 200: 11 s or less"


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", ["big", "slow-boot", "frozen-docker", "host-down"])
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = breakdown_lines(breakdown(recorded(name)), width)
    assert max(columns(str(line)) for line in lines) <= width


def test_a_run_of_nothing_has_no_phases() -> None:
    assert lines_of(Script().at(0, a_run())) == ["where 0 s went: # worked, - only waited"]


def test_names_from_outside_are_inert() -> None:
    script = Script().at(0, a_run(), PhaseStarted(phase=Phase.BOOT))
    script.at(0, wait(1, WaitKind.PROXY, "h\x1b[31m1", "web", "\x1b]0;x\x07")).at(9, a_run())
    assert all(line.isprintable() for line in lines_of(script))
