"""A part of the table: every fault and every phase, a closed terminal during a boot, and Ctrl-C in the phases
for which `tests/lab/deploys` does not have it.

With BACKSTAFF_LAB_FAULTS=all in the environment it is all of the table, for half an hour;
`python -m tests.bench.faults` prints how all of it goes. A case begins with the version that the case before
it has left on the hosts.
"""

import os

import pytest

from tests.lab import Lab
from tests.lab.faults.fleet import Fleet
from tests.lab.faults.judgement import complaints
from tests.lab.faults.phases import At
from tests.lab.faults.table import FAULTS, Case, case, cases
from tests.lab.faults.trial import try_out

PART = (
    case("docker frozen", At.BARRIER),
    case("docker restarted", At.CREATE),
    case("link cut for 5 s", At.PROXY_BOOT),
    case("link cut", At.LOCK),
    case("docker frozen (lock host)", At.SWITCH),
    case("link cut for 5 s (lock host)", At.HEALTH),
    case("link cut (lock host)", At.PRUNE),
    case("sshd killed (lock host)", At.HEALTH),
    case("sshd killed", At.SWITCH),
    case("disk full", At.CREATE),
    case("registry gone", At.PULL),
    case("registry slow", At.PULL),
    case("registry hung", At.PULL),
    case("proxy killed", At.HEALTH),
    case("app never healthy", At.HEALTH),
    case("wrong port", At.HEALTH),
    case("app crashing once healthy", At.DRAIN),
    case("wrong label", At.CREATE),
    case("image without service label", At.PULL),
    case("hook failing", At.DRAIN),
    case("hook hanging", At.LOCK),
    case("clock an hour ahead", At.HEALTH),
    case("clock an hour behind", At.HEALTH),
    case("SIGINT", At.PROXY_BOOT),
    case("SIGINT", At.CREATE),
    case("SIGINT", At.HEALTH),
    case("SIGINT", At.SWITCH),
    case("SIGINT", At.DRAIN),
    case("SIGINT", At.PRUNE),
    case("SIGTERM", At.CONNECT),
    case("SIGHUP", At.TAG),
    case("SIGKILL", At.PRUNE),
    case("terminal closed", At.BARRIER),
    case("terminal closed", At.CREATE),
)
CASES = cases() if os.environ.get("BACKSTAFF_LAB_FAULTS") == "all" else PART


@pytest.fixture(scope="module", autouse=True)
def _clean_hosts(lab: Lab) -> None:
    lab.heal()
    lab.wipe()


@pytest.fixture(scope="module")
def fleet(lab: Lab, _clean_hosts: None, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    return Fleet(lab, tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("tried", CASES, ids=[each.name for each in CASES])
def test_a_fault_ends_the_run_well_and_the_next_deploy_goes_through(fleet: Fleet, tried: Case) -> None:
    try:
        seen = try_out(fleet, tried)
        wrong = complaints(tried, seen)
        print(f"ended {seen.took_s:.1f} s after the strike, at most {seen.bound_s:.0f} s were allowed")
        assert wrong == [], seen.output
    except BaseException:
        fleet.spoil()
        raise


def test_every_fault_and_every_phase_is_tried() -> None:
    assert {each.fault.name for each in PART} == {fault.name for fault in FAULTS}
    assert {each.at for each in PART} == set(At)
