"""Where the time of a run went."""

from pathlib import Path

import pytest
from hypothesis import given

from backstaff.events.facts import HostState, Outcome, Phase, WaitKind
from backstaff.events.types import (
    CommandRun,
    Event,
    HostChanged,
    PhaseEnded,
    PhaseStarted,
    RunEnded,
    StepEnded,
    StepStarted,
    WaitEnded,
)
from backstaff.kamallog.read import read_kamal_log
from backstaff.replay.breakdown import BETWEEN, KINDS, Breakdown, LaneTime, PhaseTime, breakdown
from backstaff.replay.recording import Recording
from tests.events.builders import Script, a_good_deploy, a_run, at_the_barrier, until_boot, wait
from tests.recordings import recorded
from tests.replay.journals import (
    a_journal,
    a_talkative_run,
    any_run,
    indexed,
    make_index,
    small_measures,
    text_of,
)

KAMAL_LOGS = Path(__file__).parent.parent / "data" / "kamal"


def of(script: Script) -> Breakdown:
    return breakdown(script.events)


def phase(told: Breakdown, name: str) -> PhaseTime:
    return next(each for each in told.phases if each.name == name)


def lane(told: PhaseTime, host: str, role: str = "") -> LaneTime:
    return next(each for each in told.lanes if (each.host, each.role) == (host, role))


def waits(told: LaneTime) -> dict[str, float]:
    return {each.what.value: each.seconds for each in told.waits}


def booting(*, step: str = "create the container") -> Script:
    return Script().at(
        0, a_run(), PhaseStarted(phase=Phase.BOOT), StepStarted(step=step, host="h1", role="web")
    )


def ended(number: int, took_s: float) -> WaitEnded:
    return WaitEnded(wait=number, outcome=Outcome.DONE, took_s=took_s)


def test_phases_come_in_their_order_with_their_seconds_and_outcome() -> None:
    told = of(a_good_deploy())
    names = [each.name for each in told.phases]
    assert names == ["connect", "build", "pull", "lock", "prepare", "boot", "finish", "verify"]
    assert phase(told, "boot").seconds == 10.7
    assert phase(told, "boot").outcome is Outcome.DONE
    assert told.total_s == 17.6
    assert sum(each.seconds for each in told.phases) == pytest.approx(17.6)


def test_a_role_works_in_its_steps_and_waits_in_its_waits() -> None:
    script = booting().at(
        2, StepEnded(step="create the container", outcome=Outcome.DONE, took_s=2, host="h1", role="web")
    )
    script.at(2, wait(1, WaitKind.PROXY, "h1", "web", "the proxy")).at(9, ended(1, 7))
    script.at(10, PhaseEnded(phase=Phase.BOOT, outcome=Outcome.DONE, took_s=10))
    web = lane(phase(of(script), "boot"), "h1", "web")
    assert (web.worked_s, web.waited_s, web.busy_s, web.until_t) == (2, 7, 9, 9)
    assert [(each.what, each.owner) for each in web.waits] == [(WaitKind.PROXY, "web on h1")]


def test_a_step_that_waits_is_waiting_and_not_work() -> None:
    script = booting(step="switch the proxy").at(1, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
    script.at(9, ended(1, 8))
    script.at(
        9.5, StepEnded(step="switch the proxy", outcome=Outcome.DONE, took_s=9.5, host="h1", role="web")
    )
    web = lane(phase(of(script), "boot"), "h1", "web")
    assert (web.worked_s, waits(web)) == (1.5, {"proxy": 8})


def test_of_waits_within_each_other_the_inner_one_counts() -> None:
    script = booting().at(1, wait(1, WaitKind.HEALTH, "h3", "job", "to run"))
    script.at(2, wait(2, WaitKind.READINESS, "h3", "job", "7 s")).at(9, ended(2, 7)).at(10, ended(1, 9))
    assert waits(lane(phase(of(script), "boot"), "h3", "job")) == {"readiness": 7, "health": 2}


def test_a_call_that_a_steps_role_explains_is_not_counted_again_for_its_host() -> None:
    script = booting()
    script.at(2, CommandRun(line="docker create", took_s=2, status=0, host="h1", mutates=True))
    script.at(
        2, StepEnded(step="create the container", outcome=Outcome.DONE, took_s=2, host="h1", role="web")
    )
    script.at(5, CommandRun(line="docker ps", took_s=1, status=0, host="h1"))
    told = of(script)
    assert lane(phase(told, "boot"), "h1").worked_s == 1
    (host,) = told.hosts
    assert (host.worked_s, host.calls, host.changing, host.calls_s) == (3, 2, 1, 3)


def test_a_call_that_lasts_is_work_of_its_host() -> None:
    script = (
        booting().at(4, wait(1, WaitKind.DOCKER, "h2", "", "docker ps --all", quiet=True)).at(5, ended(1, 3))
    )
    two = lane(phase(of(script), "boot"), "h2")
    assert (two.worked_s, two.waits) == (3, ())


def test_a_phase_ended_with_the_host_whose_last_step_or_wait_ended_last() -> None:
    script = booting().at(
        3, StepEnded(step="create the container", outcome=Outcome.DONE, took_s=3, host="h1", role="web")
    )
    script.at(3, wait(1, WaitKind.HEALTH, "h2", "job", "HEALTHCHECK")).at(8, ended(1, 5))
    script.at(8.4, CommandRun(line="docker ps", took_s=0.1, status=0, host="h1"))
    last = phase(of(script), "boot").last
    assert last is not None
    assert (last.host, last.role) == ("h2", "job")


def test_connecting_is_waiting_for_the_host_and_before_that_for_its_turn() -> None:
    script = Script().at(0, a_run(), PhaseStarted(phase=Phase.CONNECT))
    script.at(0, HostChanged(host="h1", state=HostState.QUEUED))
    script.at(2, HostChanged(host="h1", state=HostState.CONNECTING))
    script.at(5, HostChanged(host="h1", state=HostState.CONNECTED))
    script.at(6, CommandRun(line="docker info", took_s=1, status=0, host="h1"))
    one = lane(phase(of(script), "connect"), "h1")
    assert [(each.cause, each.seconds) for each in one.waits] == [
        ("the connection", 3),
        ("its turn to be connected to", 2),
    ]
    assert (one.worked_s, one.until_t) == (1, 6)


def test_hooks_between_phases_are_work_of_this_machine() -> None:
    script = Script().at(0, a_run(), PhaseStarted(phase=Phase.LOCK))
    script.at(1, PhaseEnded(phase=Phase.LOCK, outcome=Outcome.DONE, took_s=1))
    script.at(1, wait(1, WaitKind.HOOK, "", "", "hook pre-deploy")).at(5, ended(1, 4))
    between = phase(of(script), BETWEEN)
    assert (between.seconds, lane(between, "").worked_s) == (4, 4)


def test_a_run_that_was_cut_off_is_told_up_to_there() -> None:
    told = of(at_the_barrier(until_boot(Script()), 6.4).at(26.4, CommandRun(line="x", took_s=0, status=0)))
    boot = phase(told, "boot")
    assert told.ended is None
    assert (boot.outcome, boot.seconds) == (None, 20.1)
    assert waits(lane(boot, "h3", "job")) == {"barrier": 20}
    assert waits(lane(boot, "h1", "web")) == {"proxy": 19.7}


def test_the_barrier_of_a_recorded_run_is_what_the_jobs_waited_for() -> None:
    told = breakdown(recorded("slow-boot"))
    boot = phase(told, "boot")
    longest = lane(boot, "h3", "job").waits[0]
    assert (longest.what, longest.owner) == (WaitKind.BARRIER, "web on h1, h2")
    assert boot.last is not None
    assert boot.last.role == "job"
    assert isinstance(told.ended, RunEnded)


@pytest.mark.parametrize(
    "log", ["unhealthy.log", "killed-at-barrier.log", "verbose.log", "terminal.typescript"]
)
def test_logs_of_kamals_are_broken_down_too(log: str) -> None:
    told = breakdown(read_kamal_log(KAMAL_LOGS / log))
    boot = phase(told, "boot")
    assert {each.role for each in boot.lanes} >= {"web", "job"}
    assert any("barrier" in waits(each) for each in boot.lanes)
    assert told.calls > 10


def test_a_recording_gives_what_its_events_give(tmp_path: Path) -> None:
    events = a_talkative_run()
    journal = a_journal(tmp_path, text_of(events) + b"damage\n")
    with Recording.open(journal) as recording:
        assert recording.breakdown() == breakdown(events)


def test_an_index_that_is_whole_tells_it_without_reading_the_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = a_talkative_run()
    journal = a_journal(tmp_path, events)
    with small_measures():
        indexed(journal).close()
        monkeypatch.setattr(Recording, "events", lambda *_: pytest.fail("it was read again"))
        with Recording.open(journal) as recording:
            assert recording.breakdown() == breakdown(events)


def test_a_run_that_went_on_since_is_broken_down_up_to_its_end(tmp_path: Path) -> None:
    events = recorded("frozen-docker")
    journal = a_journal(tmp_path, events[:-20])
    with small_measures():
        indexed(journal).close()
        a_journal(tmp_path, events)
        with Recording.open(journal) as recording:
            make_index(recording)
            assert recording.breakdown() == breakdown(events)


def test_the_kinds_are_those_that_matter() -> None:
    events = recorded("frozen-docker")
    assert breakdown(event for event in events if event.body.kind.encode() in KINDS) == breakdown(events)


@given(any_run)
def test_whatever_happens_nothing_lasts_longer_than_its_phase(events: list[Event]) -> None:
    told = breakdown(events)
    for each in told.phases:
        assert all(0 <= found.busy_s <= each.seconds + 0.01 for found in each.lanes)
        assert (each.last is None) == (not each.lanes)
