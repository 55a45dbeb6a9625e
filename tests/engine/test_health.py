import asyncio
from collections.abc import Callable

import pytest

from backstaff.errors import ExitCode
from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.types import WaitEnded, WaitStarted
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import (
    CAN_NOT_START,
    ENDS,
    ENDS_OUT_OF_MEMORY,
    FAILS_ITS_CHECK,
    HEALTHY,
    App,
)
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

READINESS_S = 2


def booting(
    app: App, *, readiness: int = READINESS_S, then: Callable[[Datacentre], None] = lambda _: None
) -> Ran:
    """A worker alone on h1, without the proxy."""

    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].apps[f"job:{NEW}"] = app
        then(datacentre)

    roles = (a_role("job", "h1"),)
    return run(
        Scene(config=short_config(roles=roles, primary_role="job", readiness_delay=readiness), set=set_scene)
    )


def outcomes(ran: Ran, kind: WaitKind) -> list[Outcome]:
    waits = {each.wait for each in ran.of(WaitStarted) if each.what is kind}
    return [each.outcome for each in ran.of(WaitEnded) if each.wait in waits]


def ready_after(ran: Ran) -> float:
    """From the new container's start until the old one was asked to stop."""
    history = ran.datacentre["h1"].history
    started = next(each.at for each in history if each.what == "start")
    return next(each.at for each in history if each.what == "asked to stop") - started


def old_runs(ran: Ran) -> bool:
    old = ran.container("h1", "job", OLD)
    return old is not None and old.running


def test_a_container_without_a_check_is_ready_when_it_still_runs_after_the_delay() -> None:
    ran = booting(HEALTHY)
    assert ran.code is ExitCode.DONE
    assert ready_after(ran) == pytest.approx(READINESS_S, abs=0.1)


def test_the_delay_begins_when_docker_has_started_it_and_not_when_that_was_looked_at() -> None:
    slow = Fault("inspect", Kind.DELAY, delay_s=0.5)
    ran = booting(HEALTHY, then=lambda datacentre: datacentre["h1"].goes_wrong(slow))
    assert ran.code is ExitCode.DONE
    assert ready_after(ran) == pytest.approx(READINESS_S + slow.delay_s, abs=0.1)


def test_what_somebody_else_has_started_anew_has_to_stay_up_for_the_whole_delay() -> None:
    def start_anew(datacentre: Datacentre) -> None:
        new = datacentre["h1"].find(f"app-job-{NEW}")
        assert new is not None
        new.kill()
        new.start()

    def soon(datacentre: Datacentre) -> None:
        asyncio.get_running_loop().call_later(READINESS_S, start_anew, datacentre)

    ran = booting(HEALTHY, then=soon)
    again = max(each.at for each in ran.datacentre["h1"].history if each.what == "start")
    stopped = next(each.at for each in ran.datacentre["h1"].history if each.what == "asked to stop")
    assert ran.code is ExitCode.DONE
    assert stopped - again >= READINESS_S


def test_without_a_delay_it_is_ready_as_soon_as_it_runs() -> None:
    assert ready_after(booting(HEALTHY, readiness=0)) == pytest.approx(0, abs=0.1)


def test_a_healthcheck_decides_where_there_is_one() -> None:
    ran = booting(App(has_check=True, ready_after_s=4))
    assert ran.code is ExitCode.DONE
    assert ready_after(ran) == pytest.approx(4, abs=0.1)
    assert outcomes(ran, WaitKind.READINESS) == []


def test_a_check_that_fails_for_too_long_expires() -> None:
    ran = booting(FAILS_ITS_CHECK)
    assert ran.code is ExitCode.FAILED
    assert outcomes(ran, WaitKind.HEALTH) == [Outcome.EXPIRED]
    assert old_runs(ran)


def test_a_container_that_restarts_between_two_looks_is_not_ready() -> None:
    ran = booting(App(ends_after_s=1.9, ends_times=1))
    assert ran.code is ExitCode.DONE
    assert ready_after(ran) > 1.9 + READINESS_S


def test_a_container_that_never_stays_up_long_enough_fails() -> None:
    ran = booting(App(ends_after_s=1.0))
    assert ran.code is ExitCode.FAILED
    assert old_runs(ran)


@pytest.mark.parametrize(
    ("app", "cause"),
    [
        (ENDS, "keeps ending"),
        (ENDS_OUT_OF_MEMORY, "ran out of memory"),
        (CAN_NOT_START, "the image has no program bin/serve"),
    ],
)
def test_a_doomed_container_ends_the_wait_before_its_time(app: App, cause: str) -> None:
    ran = booting(app)
    assert ran.code is ExitCode.FAILED
    assert cause in ran.card.cause
    assert (ran.card.host, ran.card.role) == ("h1", "job")
    assert old_runs(ran)
    assert all(outcome is not Outcome.EXPIRED for outcome in outcomes(ran, WaitKind.HEALTH))


def test_the_last_words_of_a_container_are_on_the_card() -> None:
    ran = booting(App(ready_after_s=None, ends_after_s=0.7, says=("booting", "no such file: config.ru")))
    assert any("config.ru" in line for line in ran.card.evidence)


def test_a_container_that_somebody_removes_fails_at_once() -> None:
    def remove(datacentre: Datacentre) -> None:
        server = datacentre["h1"]

        def gone() -> None:
            container = server.get(f"app-job-{NEW}")
            container.stop(0, lambda: server.remove(container.id))

        asyncio.get_running_loop().call_later(1.5, gone)

    ran = booting(App(has_check=True, ready_after_s=None), then=remove)
    assert "removed by somebody else" in ran.card.cause or "exited" in ran.card.cause


def test_a_wait_for_health_that_failed_leaves_no_new_container_running() -> None:
    new = booting(FAILS_ITS_CHECK).new("h1", "job")
    assert new is not None
    assert not new.running


@pytest.mark.parametrize("readiness", [0, READINESS_S])
def test_a_start_that_takes_longer_than_a_look_may_is_waited_for(readiness: int) -> None:
    """Docker answers no look at a container while it starts it."""

    def slow(datacentre: Datacentre) -> None:
        datacentre["h1"].goes_wrong(Fault("start", Kind.DELAY, delay_s=3.0))
        datacentre["h1"].goes_wrong(Fault("inspect", Kind.HANG, times=1))

    ran = booting(HEALTHY, readiness=readiness, then=slow)
    assert ran.code is ExitCode.DONE
    assert [each.name for each in ran.datacentre["h1"].running("job")] == [f"app-job-{NEW}"]
