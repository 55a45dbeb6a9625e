import asyncio
from pathlib import Path

import pytest

from backstaff.engine.asking import ANSWER_WITHIN_S
from backstaff.engine.deploy import DeployOptions
from backstaff.engine.lock import ANSWERED_WITHIN_S
from backstaff.engine.lock_choice import LockPatience
from backstaff.engine.questions import LockChoice, LockQuestion
from backstaff.errors import ExitCode
from backstaff.events.facts import LockState, Outcome, Phase, WaitKind
from backstaff.events.types import (
    CommandRun,
    ContainersSeen,
    LockChanged,
    PhaseStarted,
    WaitEnded,
    WaitStarted,
)
from backstaff.hosts.local import LocalResult
from backstaff.kamal.lock import LockOwner
from tests.engine.running import DEAD, SHORT, Ran, Scene, run, short_config
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.operator import FakeOperator
from tests.fakes.server import FakeServer
from tests.fakes.shell import hold_lock, lock_held, lock_owner, release_lock

GRACES = "Locked by: Grace at 2026-11-23T11:00:00Z\nVersion: v1\nMessage: Automatic deploy lock"
BY_HAND = "Locked by: Grace at 2026-11-23T11:00:00Z\nVersion: v1\nMessage: do not touch"
ALIVE = LockOwner(machine="m", boot="b", pid=40, process_start="3", run="other-run")
RELEASE = "backstaff lock release -h h1"
PATIENT = DeployOptions(skip_push=True, patience=LockPatience(wait_s=30, interval_s=5))


def held(details: str = GRACES, owner: LockOwner | None = None) -> Scene:
    def set_scene(datacentre: Datacentre) -> None:
        hold_lock(datacentre["h1"], details, owner.to_json() if owner else "")

    return Scene(set=set_scene)


def lock_goes_wrong(*faults: Fault) -> Scene:
    return Scene(set=lambda datacentre: datacentre["h1"].goes_wrong(*faults))


def lock_states(ran: Ran) -> list[LockState]:
    return [each.state for each in ran.of(LockChanged)]


def untouched(ran: Ran) -> bool:
    return not any(server.history for server in ran.datacentre.servers.values())


def test_a_run_takes_the_lock_and_gives_it_back() -> None:
    ran = run(Scene())
    assert lock_states(ran) == [LockState.FREE, LockState.OURS, LockState.RELEASED]
    assert not lock_held(ran.datacentre["h1"])


def looked_at_under_the_lock(ran: Ran) -> set[str]:
    """The hosts whose containers were listed after the lock was taken, and before anything was booted."""
    bodies = [event.body for event in ran.events]
    taken = next(n for n, body in enumerate(bodies) if body == PhaseStarted(phase=Phase.PREPARE))
    boot = next(n for n, body in enumerate(bodies) if body == PhaseStarted(phase=Phase.BOOT))
    return {body.host for body in bodies[taken:boot] if isinstance(body, ContainersSeen)}


def test_what_was_seen_while_the_lock_was_taken_holds_if_nobody_else_has_had_it() -> None:
    assert looked_at_under_the_lock(run(Scene())) == set()


@pytest.mark.parametrize("holder", ["another run", "another service"])
def test_hosts_are_looked_at_under_the_lock_if_somebody_has_had_one_since_the_first_look(holder: str) -> None:
    def hold_and_release(server: FakeServer) -> None:
        if holder == "another run":
            hold_lock(server, GRACES)
        release_lock(server)

    def set_scene(datacentre: Datacentre) -> None:
        asyncio.get_running_loop().call_later(0.2, hold_and_release, datacentre["h1"])

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.DONE
    assert looked_at_under_the_lock(ran) == {"h1", "h2", "h3"}


def test_hosts_are_looked_at_under_a_lock_of_which_the_host_can_not_tell_who_has_had_it() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].tells_turns = False

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.DONE
    assert looked_at_under_the_lock(ran) == {"h1", "h2", "h3"}


def test_hosts_are_looked_at_after_a_hook_that_may_have_changed_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ran_well(*_: object, **__: object) -> LocalResult:
        return LocalResult(0)

    monkeypatch.setattr("backstaff.engine.hooks.run_local", ran_well)
    (tmp_path / "pre-deploy").write_text("#!/bin/sh\n")
    (tmp_path / "pre-deploy").chmod(0o755)
    ran = run(Scene(config=short_config(hooks_path=str(tmp_path))))
    assert ran.code is ExitCode.DONE
    assert looked_at_under_the_lock(ran) == {"h1", "h2", "h3"}


def test_hosts_are_looked_at_under_a_lock_that_was_taken_over() -> None:
    assert looked_at_under_the_lock(run(held(owner=DEAD))) == {"h1", "h2", "h3"}


@pytest.mark.parametrize("owner", [None, ALIVE], ids=["kamal", "backstaff"])
def test_a_lock_of_somebody_else_refuses_the_run_before_anything_is_changed(owner: LockOwner | None) -> None:
    ran = run(held(owner=owner))
    assert ran.code is ExitCode.LOCK_HELD
    assert untouched(ran)
    assert lock_held(ran.datacentre["h1"])
    assert ran.card.cause == "the deploy lock is held by Grace"
    assert "Locked by: Grace at 2026-11-23T11:00:00Z" in ran.card.evidence
    assert RELEASE in ran.card.fix


def test_a_lock_taken_between_the_look_and_the_boot_is_honoured() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, hold_lock, datacentre["h1"], GRACES)

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.LOCK_HELD
    assert untouched(ran)
    assert lock_held(ran.datacentre["h1"])


def test_the_lock_of_a_dead_process_of_this_machine_is_taken_over_with_a_notice() -> None:
    ran = run(held(owner=DEAD))
    assert ran.code is ExitCode.DONE
    assert "took over the deploy lock of run dead-run: its process 41" in ran.notices()
    assert LockState.TAKEN_OVER in lock_states(ran)
    assert not lock_held(ran.datacentre["h1"])


def test_waiting_for_a_lock_ends_when_it_becomes_free() -> None:
    scene = held()
    scene.options = PATIENT
    hold = scene.set

    def set_scene(datacentre: Datacentre) -> None:
        hold(datacentre)
        loop = asyncio.get_running_loop()
        loop.call_later(12, release_lock, datacentre["h1"])

    scene.set = set_scene
    ran = run(scene)
    assert ran.code is ExitCode.DONE
    (wait,) = [each for each in ran.of(WaitStarted) if each.what is WaitKind.LOCK]
    assert (wait.owner, wait.limit_s) == ("Grace", 30)


def test_waiting_for_a_lock_ends_at_its_limit() -> None:
    scene = held()
    scene.options = PATIENT
    ran = run(scene)
    assert ran.code is ExitCode.LOCK_HELD
    assert untouched(ran)
    assert Outcome.EXPIRED in [each.outcome for each in ran.of(WaitEnded)]


def test_a_lock_taken_by_hand_is_not_waited_for() -> None:
    scene = held(BY_HAND)
    scene.options = PATIENT
    ran = run(scene)
    assert ran.code is ExitCode.LOCK_HELD
    assert ran.took_s < 5


def test_a_lock_that_a_caller_holds_is_neither_taken_nor_released() -> None:
    scene = held()
    scene.options = DeployOptions(skip_push=True, lock_inherited=True)
    ran = run(scene)
    assert ran.code is ExitCode.DONE
    assert lock_held(ran.datacentre["h1"])
    assert lock_states(ran) == []


def test_a_lock_whose_answer_was_lost_is_told_with_the_command_that_releases_it() -> None:
    ran = run(lock_goes_wrong(Fault("lock acquire", Kind.LOSE_AFTER)))
    assert ran.code is ExitCode.FAILED
    assert lock_held(ran.datacentre["h1"])
    assert lock_states(ran)[-1] is LockState.LEFT_BEHIND
    assert any(RELEASE in line for line in ran.card.state)


def test_a_lock_that_can_not_be_taken_in_time_is_looked_after_to_be_sure() -> None:
    ran = run(lock_goes_wrong(Fault("lock acquire", Kind.HANG)))
    assert ran.code is ExitCode.FAILED
    assert lock_states(ran)[-1] is LockState.FREE


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG, Kind.LOSE])
def test_a_lock_that_can_not_be_released_is_left_behind_with_its_command(kind: Kind) -> None:
    ran = run(lock_goes_wrong(Fault("lock release", kind)))
    assert lock_states(ran)[-1] is LockState.LEFT_BEHIND
    assert ran.of(LockChanged)[-1].release == RELEASE
    assert "this-run" in lock_owner(ran.datacentre["h1"])


def moments_of_the_lock() -> list[float]:
    """Just before, in and after each lock script of an undisturbed run, as long as that goes on."""
    ran = run(Scene())
    told = ran.at(LockChanged)
    moments = [at + shift for at in told for shift in (-0.012, -0.007, -0.002, 0.001)]
    return [at for at in moments if at < ran.took_s]


@pytest.mark.parametrize("at", moments_of_the_lock())
def test_a_cancellation_around_the_lock_leaves_none(at: float) -> None:
    ran = run(Scene(cancel_at=at))
    assert ran.code is ExitCode.INTERRUPTED
    assert not lock_held(ran.datacentre["h1"])


@pytest.mark.parametrize(
    ("kind", "asked_s"),
    [(Kind.DELAY, 1.0), (Kind.HANG, ANSWERED_WITHIN_S), (Kind.HANG_AFTER, ANSWERED_WITHIN_S)],
)
def test_a_cancelled_attempt_has_ended_before_the_lock_is_given_back(kind: Kind, asked_s: float) -> None:
    """What is on its way can not be called back: its script may take the lock after that was given back."""
    scene = lock_goes_wrong(Fault("lock acquire", kind, delay_s=1.0))
    (began, *_) = run(Scene()).at(PhaseStarted, lambda body: getattr(body, "phase", None) is Phase.LOCK)
    scene.cancel_at = began + 0.5
    ran = run(scene)
    tried, given_back = ran.at(
        CommandRun, lambda body: getattr(body, "line", "").endswith("the deploy lock")
    )[-2:]
    waited = asked_s if kind is Kind.DELAY else 0.5 + asked_s
    assert tried - began == pytest.approx(waited, abs=0.1)
    assert given_back > tried
    assert ran.code is ExitCode.INTERRUPTED
    assert not lock_held(ran.datacentre["h1"])


def test_a_lock_that_somebody_took_by_force_meanwhile_is_not_released() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(2, hold_lock, datacentre["h1"], GRACES, ALIVE.to_json())

    ran = run(Scene(set=set_scene))
    assert lock_owner(ran.datacentre["h1"]) == ALIVE.to_json()


def decided(
    *choices: LockChoice,
    details: str = GRACES,
    owner: LockOwner | None = None,
    freed_at: float | None = None,
    operator: FakeOperator | None = None,
) -> tuple[Ran, FakeOperator]:
    """A run that meets a lock and has somebody to ask."""
    operator = operator or FakeOperator(choices=choices)
    scene = held(details, owner)
    hold = scene.set

    def set_scene(datacentre: Datacentre) -> None:
        hold(datacentre)
        if freed_at is not None:
            asyncio.get_running_loop().call_later(freed_at, release_lock, datacentre["h1"])

    scene.set, scene.operator = set_scene, operator
    return run(scene), operator


def the_question(operator: FakeOperator) -> LockQuestion:
    (question,) = operator.asked
    assert isinstance(question, LockQuestion)
    return question


def test_the_operator_is_told_who_holds_the_lock_since_when_and_why() -> None:
    _, operator = decided(LockChoice.LEAVE)
    question = the_question(operator)
    assert (question.host, question.holder, question.version) == ("h1", "Grace", "v1")
    assert (question.since, question.message) == ("2026-11-23T11:00:00Z", "Automatic deploy lock")
    assert question.age_s == pytest.approx(3600, abs=5)
    assert (question.by_hand, question.dead, question.release) == (False, "", RELEASE)


def test_a_lock_that_the_operator_leaves_alone_refuses_the_run() -> None:
    ran, _ = decided(LockChoice.LEAVE)
    assert ran.code is ExitCode.LOCK_HELD
    assert untouched(ran)
    assert ran.card.cause == "the deploy lock is held by Grace"


@pytest.mark.parametrize("details", [GRACES, BY_HAND])
def test_a_lock_that_the_operator_waits_for_is_asked_about_once_and_waited_for(details: str) -> None:
    ran, operator = decided(LockChoice.WAIT, details=details, freed_at=100)
    assert ran.code is ExitCode.DONE
    assert len(operator.asked) == 1
    (wait,) = [each for each in ran.of(WaitStarted) if each.what is WaitKind.LOCK]
    assert (wait.owner, wait.limit_s) == ("Grace", SHORT.lock)


def test_waiting_that_the_operator_chose_ends_at_its_limit() -> None:
    ran, _ = decided(LockChoice.WAIT)
    assert ran.code is ExitCode.LOCK_HELD
    assert ran.took_s == pytest.approx(SHORT.lock, abs=30)


def test_the_lock_of_a_dead_process_is_taken_over_when_the_operator_says_so() -> None:
    ran, operator = decided(LockChoice.TAKE_OVER, owner=DEAD)
    assert ran.code is ExitCode.DONE
    assert "process 41 on this machine is dead" in the_question(operator).dead
    assert "took over the deploy lock of run dead-run" in ran.notices()


def test_the_lock_of_a_dead_process_is_left_alone_when_the_operator_says_so() -> None:
    ran, _ = decided(LockChoice.LEAVE, owner=DEAD)
    assert ran.code is ExitCode.LOCK_HELD
    assert lock_owner(ran.datacentre["h1"]) == DEAD.to_json()


@pytest.mark.parametrize("owner", [None, ALIVE], ids=["kamal", "backstaff"])
def test_the_lock_of_who_may_live_is_never_taken_over(owner: LockOwner | None) -> None:
    ran, _ = decided(LockChoice.TAKE_OVER, owner=owner)
    assert ran.code is ExitCode.LOCK_HELD
    assert lock_held(ran.datacentre["h1"])


def test_waiting_that_was_asked_for_on_the_command_line_needs_no_question() -> None:
    scene = held()
    scene.options, scene.operator = PATIENT, FakeOperator()
    run(scene)
    assert scene.operator.asked == []


def test_a_question_about_the_lock_that_nobody_answers_refuses_the_run() -> None:
    operator = FakeOperator(choices=(LockChoice.WAIT,), takes_s=ANSWER_WITHIN_S + 1)
    ran, _ = decided(operator=operator)
    assert ran.code is ExitCode.LOCK_HELD
    assert ran.card.cause == (
        "the deploy lock is held by Grace, and nobody said within 5 min what to do about it"
    )
    assert operator.cancelled == 1


@pytest.mark.parametrize(("owner", "code"), [(ALIVE, ExitCode.LOCK_HELD), (DEAD, ExitCode.DONE)])
def test_for_an_operator_who_left_it_is_as_without_one(owner: LockOwner, code: ExitCode) -> None:
    ran, _ = decided(owner=owner, operator=FakeOperator(gone=True))
    assert ran.code is code


def test_a_holder_who_dies_while_waited_for_is_asked_about_anew() -> None:
    scene = held(owner=ALIVE)
    dead: list[LockOwner] = []
    hold = scene.set

    def set_scene(datacentre: Datacentre) -> None:
        hold(datacentre)
        asyncio.get_running_loop().call_later(40, dead.append, ALIVE)

    scene.set, scene.dead = set_scene, dead
    scene.operator = FakeOperator(choices=(LockChoice.WAIT, LockChoice.TAKE_OVER), takes_s=200)
    ran = run(scene)
    assert ran.code is ExitCode.DONE
    assert [isinstance(each, LockQuestion) and bool(each.dead) for each in scene.operator.asked] == [
        False,
        True,
    ]
