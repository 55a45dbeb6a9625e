"""`on_failure: rollback`: hosts that have switched return to the version before when others fail."""

import asyncio
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from backstaff.config.models import Boot, Config, OnFailure, Role
from backstaff.engine.resume import EarlierRun
from backstaff.engine.rollout import Rollout
from backstaff.errors import ExitCode
from backstaff.events.facts import Outcome, PairState, Phase
from backstaff.events.types import PhaseStarted
from backstaff.headless.table import table_lines
from backstaff.kamal.boot_script import boot_script
from backstaff.plan.plan import Command
from tests.engine.running import (
    NEW,
    NEXT_OWNER,
    OLD,
    Ran,
    Scene,
    a_datacentre,
    run,
    run_and_resume,
    run_over,
    short_config,
)
from tests.engine.test_resume import mended
from tests.engine.test_rollback import keep
from tests.engine.test_rollout import with_apps
from tests.fakes.apps import CAN_NOT_START, ENDS, HEALTHY, NEVER_READY, App
from tests.fakes.clock import START, simulate
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import lock_held
from tests.kamal.builders import a_role

BACK = OnFailure.ROLLBACK
HOSTS = ("h1", "h2", "h3", "h4")
ONE_BY_ONE = short_config(roles=(a_role("web", *HOSTS),), boot=Boot(limit=1))
WEB_AND_JOB = short_config(roles=(a_role("web", "h1"), a_role("job", "h2", "h3")))


def third_fails(on_failure: OnFailure) -> Ran:
    """Two of four hosts have switched when the third fails."""
    return run(Scene(config=ONE_BY_ONE, on_failure=on_failure, set=with_apps(web_h3=ENDS).set))


def failed(config: Config = WEB_AND_JOB, *faults: Fault, old: App = HEALTHY, **apps: App) -> Ran:
    """A deploy that is to go back; `faults` are those of h1."""

    def set_scene(datacentre: Datacentre) -> None:
        with_apps(**apps).set(datacentre)
        datacentre["h1"].goes_wrong(*faults)
        for server in datacentre.servers.values():
            for role in ("web", "job"):
                for container in server.running(role):
                    container.app = old

    return run(Scene(config=config, on_failure=BACK, set=set_scene))


def with_a_bug(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Whoever makes a container on this host comes upon a mistake in our own code."""

    def or_a_bug(config: Config, role: Role, name: str, *rest: Any, **more: Any) -> str:
        if name == host:
            raise ZeroDivisionError("division by zero")
        return boot_script(config, role, name, *rest, **more)

    monkeypatch.setattr("backstaff.engine.boot.boot_script", or_a_bug)


def audit(ran: Ran, host: str) -> str:
    return ran.datacentre[host].files.get(".kamal/app-audit.log", "")


def all_are_back(ran: Ran) -> None:
    """The third host has failed, two have returned, and the last was never touched."""
    assert ran.code is ExitCode.FAILED
    assert [ran.serving(host) for host in HOSTS] == [OLD] * 4
    assert [ran.states(host, "web") for host in HOSTS] == [
        PairState.ROLLED_BACK,
        PairState.ROLLED_BACK,
        PairState.FAILED,
        PairState.HALTED,
    ]


def test_hosts_return_too_when_the_third_fails_by_a_bug_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_bug(monkeypatch, "h3")
    ran = run(Scene(config=ONE_BY_ONE, on_failure=BACK))
    all_are_back(ran)
    assert (ran.card.host, ran.card.cause) == ("h3", "internal error: ZeroDivisionError: division by zero")
    assert any("or_a_bug" in line for line in ran.card.evidence)
    assert not lock_held(ran.datacentre["h1"])


def test_a_bug_on_one_host_does_not_stop_the_others_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with_a_bug(monkeypatch, "h1")
    ran = run(Scene())
    assert ran.code is ExitCode.FAILED
    assert [ran.serving(host) for host in ("h1", "h2")] == [OLD, NEW]
    assert ran.states("h3", "job") is PairState.HEALTHY


def test_hosts_return_when_the_rollout_itself_has_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = Rollout._rest
    rests = count(1)

    async def ends_at_the_second(rollout: Rollout) -> None:
        if next(rests) == 2:
            raise ZeroDivisionError("division by zero")
        await rest(rollout)

    monkeypatch.setattr(Rollout, "_rest", ends_at_the_second)
    ran = run(Scene(config=ONE_BY_ONE, on_failure=BACK))
    assert ran.code is ExitCode.FAILED
    assert [ran.serving(host) for host in HOSTS] == [OLD] * 4
    assert ran.card.cause == "internal error: ZeroDivisionError: division by zero"


def test_two_hosts_that_have_switched_return_when_the_third_is_doomed() -> None:
    ran = third_fails(BACK)
    all_are_back(ran)
    for host in ("h1", "h2"):
        old, new = ran.container(host, "web", OLD), ran.new(host, "web")
        assert old is not None
        assert new is not None
        assert (old.running, new.running) == (True, False)


def test_without_it_they_stay_where_they_are() -> None:
    ran = third_fails(OnFailure.STOP)
    assert [ran.serving(host) for host in HOSTS] == [NEW, NEW, OLD, OLD]
    assert Phase.ROLLBACK not in ran.board.phases


def test_the_card_the_table_and_the_audit_log_say_so() -> None:
    ran = third_fails(BACK)
    assert ran.card.state == (
        "h1 and h2 v2 rolled back to v1",
        "h3 v2 stopped, v1 serves",
        "h4 v1 serves, untouched",
        "lock released",
    )
    assert (ran.card.host, ran.card.step) == ("h3", "switch the proxy")
    assert "h1    v2 rolled back to v1" in map(str, table_lines(ran.board))
    for host in ("h1", "h2"):
        booted, back, again = audit(ran, host).splitlines()[-3:]
        assert booted.endswith("[web] Booted app version v2")
        assert back.endswith("[web] Rolled back app version v2 to v1: its deploy failed")
        assert again.endswith("[web] Booted app version v1")
    assert "Rolled back" not in audit(ran, "h3")


def test_it_is_a_phase_of_its_own_under_the_lock() -> None:
    ran = third_fails(BACK)
    view = ran.board.phases[Phase.ROLLBACK]
    assert view.outcome is Outcome.DONE
    phases = [each.phase for each in ran.of(PhaseStarted)]
    assert phases[-3:] == [Phase.BOOT, Phase.ROLLBACK, Phase.VERIFY]
    assert not lock_held(ran.datacentre["h1"])
    script = "\n".join(line.line for line in ran.board.commands)
    assert script.index("docker start") < script.index("release the deploy lock")


def test_the_configuration_can_ask_for_it_and_the_option_can_forbid_it() -> None:
    settings = ONE_BY_ONE.backstaff.model_copy(update={"on_failure": BACK})
    config = short_config(roles=ONE_BY_ONE.roles, boot=ONE_BY_ONE.boot, backstaff=settings)
    assert Scene(config=config).plan().on_failure is BACK
    assert Scene(config=config, on_failure=OnFailure.STOP).plan().on_failure is OnFailure.STOP
    assert Scene(config=config, command=Command.ROLLBACK).plan().on_failure is OnFailure.STOP
    assert Scene(config=config, command=Command.APP_BOOT).plan().on_failure is OnFailure.STOP


def test_workers_return_once_the_old_one_is_proved_and_are_never_without_one() -> None:
    ran = failed(job_h3=ENDS)
    assert ran.states("h2", "job") is PairState.ROLLED_BACK
    assert [each.name for each in ran.datacentre["h2"].running("job")] == ["app-job-v1"]
    history = ran.datacentre["h2"].history
    assert not any(each.alone for each in history if each.what == "asked to stop")
    assert ran.serving("h1") == OLD


def test_where_nothing_has_switched_nothing_is_done() -> None:
    ran = failed(web_h1=NEVER_READY)
    assert Phase.ROLLBACK not in ran.board.phases
    assert ran.states("h2", "job") is PairState.HALTED


def test_a_first_deploy_stays_and_says_so() -> None:
    scene = Scene(config=WEB_AND_JOB, old="", on_failure=BACK, set=with_apps(job_h3=ENDS).set)
    ran = run(scene)
    assert ran.states("h1", "web") is PairState.HEALTHY
    assert ran.serving("h1") == NEW
    assert "web stays on v2: there is nothing before it to go back to" in ran.notices()


def test_a_redeploy_of_the_same_version_returns_to_the_container_before() -> None:
    ran = run(Scene(config=WEB_AND_JOB, old=NEW, on_failure=BACK, set=with_apps(job_h3=CAN_NOT_START).set))
    assert ran.states("h1", "web") is PairState.ROLLED_BACK
    (running,) = ran.datacentre["h1"].running("web")
    assert running.name.startswith("app-web-v2_replaced_")
    assert ran.datacentre["h1"].proxy.serves("app-web") is running
    assert "h1 rolled back, v2 serves" in ran.card.state[0]


def unwilling(datacentre: Datacentre) -> None:
    """The old web would never get healthy again, and v2 of job can not boot on h3."""
    with_apps(job_h3=ENDS).set(datacentre)
    for container in datacentre["h1"].running("web"):
        container.app = App(ready_after_s=None)


def test_an_old_version_that_no_longer_works_is_given_up_and_the_new_one_goes_on_serving() -> None:
    ran = run(Scene(config=WEB_AND_JOB, on_failure=BACK, set=unwilling))
    old, new = ran.container("h1", "web", OLD), ran.new("h1", "web")
    assert ran.code is ExitCode.FAILED
    assert ran.states("h1", "web") is PairState.NOT_ROLLED_BACK
    assert old is not None
    assert new is not None
    assert (old.running, new.running, ran.serving("h1")) == (False, True, NEW)
    assert (ran.card.host, ran.card.role) == ("h3", "job")
    told = [line for line in ran.card.evidence if "could not be rolled back to v1" in line]
    assert len(told) == 1
    assert told[0].startswith("h1: web could not be rolled back to v1: ")
    assert told[0].endswith("by hand: `backstaff rollback v1 -h h1 -r web`")
    assert "h1 v2 serves, not rolled back" in ran.card.state
    assert ran.states("h2", "job") is PairState.ROLLED_BACK


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG, Kind.LOSE, Kind.LOSE_AFTER])
def test_a_host_that_fails_on_the_way_back_is_told_and_keeps_serving(kind: Kind) -> None:
    ran = failed(WEB_AND_JOB, Fault("start", kind, nth=2), job_h3=ENDS)
    assert ran.code is ExitCode.FAILED
    assert ran.states("h1", "web") is PairState.NOT_ROLLED_BACK
    assert ran.serving("h1") == NEW
    assert "backstaff rollback v1 -h h1 -r web" in "\n".join(ran.card.evidence)


def test_an_old_container_that_is_gone_is_told() -> None:
    def gone(datacentre: Datacentre) -> None:
        unhealthy = App(has_check=True, ready_after_s=None, unhealthy_after_s=4)
        with_apps(job_h3=unhealthy).set(datacentre)
        server = datacentre["h1"]
        (old,) = server.running("web")
        asyncio.get_running_loop().call_at(START + 5, lambda: server.remove(old.id))

    ran = run(Scene(config=WEB_AND_JOB, on_failure=BACK, set=gone))
    assert ran.states("h1", "web") is PairState.NOT_ROLLED_BACK
    assert "app-web-v1 was removed by somebody else" in "\n".join(ran.card.evidence)
    assert ran.serving("h1") == NEW


def test_an_old_container_that_somebody_has_paused_goes_on() -> None:
    def still_there(datacentre: Datacentre) -> None:
        unhealthy = App(has_check=True, ready_after_s=None, unhealthy_after_s=4)
        with_apps(job_h3=unhealthy).set(datacentre)
        server = datacentre["h1"]
        server.goes_wrong(Fault("stop", times=1))
        (old,) = server.running("web")
        asyncio.get_running_loop().call_at(START + 5, old.pause)

    ran = run(Scene(config=WEB_AND_JOB, on_failure=BACK, set=still_there))
    old = ran.container("h1", "web", OLD)
    assert ran.states("h1", "web") is PairState.ROLLED_BACK
    assert old is not None
    assert (old.running, ran.serving("h1")) == (True, OLD)
    assert "unpause v1" in ran.happened("h1", "web")


def test_who_cancels_leaves_everything_where_it_is() -> None:
    ran = run(Scene(config=ONE_BY_ONE, on_failure=BACK, set=with_apps(web_h3=NEVER_READY).set, cancel_at=6))
    assert ran.code is ExitCode.INTERRUPTED
    assert [ran.serving(host) for host in HOSTS] == [NEW, NEW, OLD, OLD]
    assert Phase.ROLLBACK not in ran.board.phases


def test_a_way_back_that_is_cancelled_leaves_what_serves() -> None:
    config = short_config(roles=(a_role("web", "h1", "h2"),), boot=Boot(limit=1))

    def set_scene(datacentre: Datacentre) -> None:
        with_apps(web_h2=CAN_NOT_START).set(datacentre)
        for container in datacentre["h1"].running("web"):
            container.app = App(ready_after_s=5)

    ran = run(Scene(config=config, on_failure=BACK, set=set_scene, cancel_at=6))
    old, new = ran.container("h1", "web", OLD), ran.new("h1", "web")
    assert ran.code is ExitCode.INTERRUPTED
    assert ran.board.phases[Phase.ROLLBACK].outcome is Outcome.CANCELLED
    assert old is not None
    assert new is not None
    assert (old.running, new.running, ran.serving("h1")) == (False, True, NEW)
    assert any("it had failed before" in line for line in ran.card.evidence)


def test_a_rollback_never_goes_forward_again() -> None:
    def has_v0(datacentre: Datacentre) -> None:
        keep(datacentre, "v0", "web@h1", "web@h2", "job@h2")
        datacentre["h2"].apps["web:v0"] = NEVER_READY

    config = short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h2")))
    ran = run(Scene(config=config, command=Command.ROLLBACK, version="v0", on_failure=BACK, set=has_v0))
    assert [ran.serving(host) for host in ("h1", "h2")] == ["v0", OLD]


def test_a_deploy_that_went_back_is_resumed_as_a_whole() -> None:
    scene = Scene(config=ONE_BY_ONE, on_failure=BACK, set=with_apps(web_h3=ENDS).set)
    _, again = run_and_resume(scene, mended)
    assert again.code is ExitCode.DONE
    assert again.plan.done == ()
    assert [again.serving(host) for host in HOSTS] == [NEW] * 4


def test_what_an_earlier_run_has_switched_goes_back_too_when_the_resumed_one_fails() -> None:
    scene = Scene(config=ONE_BY_ONE, set=with_apps(web_h3=NEVER_READY).set)

    async def both() -> Ran:
        datacentre = a_datacentre(scene.config)
        scene.set(datacentre)
        first = await run_over(datacentre, scene)
        again = replace(scene, on_failure=BACK).resumes(EarlierRun.of(first.board))
        return await run_over(datacentre, again, NEXT_OWNER)

    ran = simulate(both())
    assert ran.code is ExitCode.FAILED
    assert [str(pair) for pair in ran.plan.done] == ["web@h1", "web@h2"]
    assert [ran.serving(host) for host in HOSTS] == [OLD] * 4
    assert "h1 and h2 rolled back, v1 serves" in ran.card.state[0]
