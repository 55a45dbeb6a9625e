import asyncio

import pytest

from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.errors import ExitCode, LockHeld, RemoteError
from backstaff.events.facts import LockState, PairState
from backstaff.events.types import Event, Failed, LockChanged, RunEnded, StepEnded, StepStarted
from tests.engine.running import NEW, OLD, Ran, Scene, a_run, run, short_config
from tests.fakes.apps import HEALTHY, NEVER_READY, App
from tests.fakes.clock import simulated
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.shell import lock_held
from tests.kamal.builders import a_role

ONE_HOST = short_config(roles=(a_role("web", "h1"),))
ONE_JOB = short_config(roles=(a_role("job", "h1"),), primary_role="job", readiness_delay=0)


def cancelled(at: float, *, new: App = HEALTHY, old: App = HEALTHY) -> Ran:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].apps[f"web:{NEW}"] = new
        for container in datacentre["h1"].running("web"):
            container.app = old

    return run(Scene(config=ONE_HOST, set=set_scene, cancel_at=at))


def test_a_cancelled_boot_stops_the_new_container_and_leaves_the_old_one_serving() -> None:
    ran = cancelled(3, new=NEVER_READY)
    new = ran.new("h1", "web")
    assert ran.code is ExitCode.INTERRUPTED
    assert new is not None
    assert not new.running
    assert ran.serving("h1") == OLD
    assert ran.states("h1", "web") is PairState.CANCELLED
    assert not lock_held(ran.datacentre["h1"])
    assert ran.board.result is not None
    assert ran.board.result.verdict == "cancelled"


def test_a_new_container_that_the_proxy_switched_to_is_never_stopped() -> None:
    ran = cancelled(3, old=App(drains_s=2))
    new = ran.new("h1", "web")
    assert ran.code is ExitCode.INTERRUPTED
    assert new is not None
    assert new.running
    assert ran.serving("h1") == NEW
    assert "so it is left running" in ran.notices()


def test_a_proven_worker_is_not_stopped_while_the_old_one_ends() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].running("job")[0].app = App(stop_takes_s=2)

    ran = run(Scene(config=ONE_JOB, set=set_scene, cancel_at=1.5))
    new, old = ran.new("h1", "job"), ran.container("h1", "job", OLD)
    assert ran.code is ExitCode.INTERRUPTED
    assert new is not None
    assert old is not None
    assert (new.running, old.running) == (True, False)


def test_a_cancellation_while_a_failed_boot_is_cleaned_up_still_stops_its_container() -> None:
    """The new container needs its time to end, and the operator loses patience meanwhile."""
    slow_to_end = App(ready_after_s=None, stop_takes_s=1.5)
    at = failed_at(slow_to_end) + 0.005
    ran = cancelled(at, new=slow_to_end)
    new = ran.new("h1", "web")
    assert ran.code is ExitCode.INTERRUPTED
    assert new is not None
    assert not new.running
    assert ran.states("h1", "web").final
    assert not lock_held(ran.datacentre["h1"])


def failed_at(app: App) -> float:
    """When the proxy gives up on a new version with this program."""
    scene = Scene(config=ONE_HOST, set=lambda datacentre: datacentre["h1"].apps.update({f"web:{NEW}": app}))
    ran = run(scene)
    return next(
        each.t
        for each in ran.events
        if isinstance(each.body, StepEnded) and each.body.step == "switch the proxy"
    )


def test_every_moment_of_a_small_deploy_can_be_cancelled() -> None:
    whole = run(Scene(config=ONE_HOST)).took_s
    for tick in range(int(whole / 0.02)):
        ran = cancelled(tick * 0.02)
        assert ran.code is ExitCode.INTERRUPTED, tick
        assert not lock_held(ran.datacentre["h1"]), tick
        assert ran.serving("h1") in {OLD, NEW}, tick
        assert ran.left_running == [], tick


@pytest.mark.parametrize("after", [0.1, 0.5, 0.9])
def test_a_cancellation_during_a_slow_release_lets_it_end(after: float) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].goes_wrong(Fault("lock release", Kind.DELAY))

    scene = Scene(config=ONE_HOST, set=set_scene)
    scene.cancel_at = next(
        each.t
        for each in run(scene).events
        if isinstance(each.body, StepStarted) and each.body.step == "release the deploy lock"
    )
    scene.cancel_at += after
    ran = run(scene)
    assert ran.code is ExitCode.INTERRUPTED
    assert not lock_held(ran.datacentre["h1"])
    assert ran.of(LockChanged)[-1].state is LockState.RELEASED
    assert ran.left_running == []


async def ending_of(error: BaseException | None) -> tuple[ExitCode, list[Event]]:
    events: list[Event] = []
    context = a_run(short_config(), events)

    async def work() -> None:
        if error is not None:
            raise error

    code = await run_to_end(context, work, Cancellation(lambda _: None), retry="again")
    return code, events


@pytest.mark.parametrize(
    ("error", "code", "verdict"),
    [
        (None, 0, "done"),
        (RemoteError("no"), 1, "failed"),
        (LockHeld("held"), 3, "refused"),
        (ValueError("a bug"), 1, "failed"),
    ],
)
def test_whatever_ends_a_run_becomes_a_code_a_card_and_a_last_event(
    error: Exception | None, code: int, verdict: str
) -> None:
    @simulated
    async def check() -> None:
        found, events = await ending_of(error)
        last = events[-1].body
        assert int(found) == code
        assert isinstance(last, RunEnded)
        assert (last.exit_code, last.verdict) == (code, verdict)
        assert sum(isinstance(each.body, Failed) for each in events) == (0 if error is None else 1)

    check()


@simulated
async def test_a_bug_is_told_as_one_with_its_traceback() -> None:
    _, events = await ending_of(ValueError("a bug"))
    card = next(each.body.card for each in events if isinstance(each.body, Failed))
    assert card.cause == "internal error: ValueError: a bug"
    assert any("Traceback" in line for line in card.evidence)


@simulated
async def test_a_second_request_ends_at_once() -> None:
    killed: list[ExitCode] = []
    cancellation = Cancellation(killed.append)
    context = a_run(short_config())

    async def work() -> None:
        cancellation.request(ExitCode.TERMINATED)
        cancellation.request(ExitCode.INTERRUPTED)
        await asyncio.sleep(1)

    assert await run_to_end(context, work, cancellation) is ExitCode.TERMINATED
    assert killed == [ExitCode.INTERRUPTED]


@simulated
async def test_a_cancellation_from_elsewhere_is_told_and_passes_through() -> None:
    events: list[Event] = []
    context = a_run(short_config(), events)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_to_end(context, lambda: asyncio.sleep(60), Cancellation(lambda _: None)))
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert isinstance(events[-1].body, RunEnded)


@simulated
async def test_a_run_that_is_cancelled_before_it_began_ends_as_soon_as_it_waits() -> None:
    cancellation = Cancellation(lambda _: None)
    cancellation.request(ExitCode.TERMINATED)

    async def work() -> None:
        await asyncio.sleep(1000)

    assert await run_to_end(a_run(short_config()), work, cancellation) is ExitCode.TERMINATED


def test_a_terminal_that_closes_does_not_insist_and_a_person_does() -> None:
    insisted: list[ExitCode] = []
    cancellation = Cancellation(insisted.append)
    for code in (ExitCode.INTERRUPTED, ExitCode.HANGUP, ExitCode.HANGUP):
        cancellation.request(code)
    assert insisted == []
    cancellation.request(ExitCode.INTERRUPTED)
    assert insisted == [ExitCode.INTERRUPTED]
