import asyncio

import pytest

from backstaff.engine.context import RunContext
from backstaff.engine.waits import HEARTBEAT_S, QUIET_FOR_S, Breaker, Ongoing, Wait
from backstaff.errors import Doomed, HostLost, RemoteError, WaitExpired
from backstaff.events.facts import Outcome, WaitKind
from backstaff.events.types import Event, WaitEnded, WaitExplained, WaitStarted
from tests.engine.running import a_run, failure_of, short_config
from tests.fakes.clock import elapsed, simulated


def a_wait(limit_s: float = 10, *, silence: bool = False, quiet: bool = False) -> Wait:
    return Wait(WaitKind.PULL, "pull it", "the registry", limit_s, "h1", silence=silence, quiet=quiet)


class Watched:
    """A run's waits and the events that they make."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.run: RunContext = a_run(short_config(), self.events)
        self.waits = self.run.waits

    def told(self) -> list[str]:
        return [each.body.kind for each in self.events]

    def end(self) -> WaitEnded:
        (body,) = [each.body for each in self.events if isinstance(each.body, WaitEnded)]
        return body


async def never(_: Ongoing) -> None:
    await asyncio.Event().wait()


@simulated
async def test_work_that_ends_in_time_gives_its_result() -> None:
    watched = Watched()

    async def work(_: Ongoing) -> int:
        await asyncio.sleep(3)
        return 42

    assert await watched.waits.wait(a_wait(), work) == 42
    assert watched.told() == ["wait_started", "wait_ended"]
    assert watched.end().outcome is Outcome.DONE
    assert watched.end().took_s == pytest.approx(3)


@simulated
async def test_the_limit_ends_a_wait_and_says_what_was_waited_for() -> None:
    watched = Watched()
    error = await failure_of(watched.waits.wait(a_wait(10), never))
    assert isinstance(error, WaitExpired)
    assert (error.what, error.where) == ("pull it: gave up after 10 s", "h1")
    assert elapsed() == pytest.approx(10)
    assert watched.end().outcome is Outcome.EXPIRED


@simulated
async def test_what_did_not_come_in_time_is_told_as_waited_for_in_vain() -> None:
    wait = Wait(WaitKind.HEALTH, "the container's HEALTHCHECK to pass", "the app", 95, "h1", "web")
    error = await failure_of(Watched().waits.wait(wait, never))
    assert error.what == "waited 1 min 35 s in vain for the container's HEALTHCHECK to pass"


@simulated
async def test_signs_of_life_put_the_end_of_a_silence_off() -> None:
    watched = Watched()

    async def work(ongoing: Ongoing) -> None:
        for _ in range(4):
            await asyncio.sleep(6)
            ongoing.alive()
        await never(ongoing)

    error = await failure_of(watched.waits.wait(a_wait(10, silence=True), work))
    assert "10 s without a sign of life" in error.what
    assert elapsed() == pytest.approx(34)


@simulated
async def test_signs_of_life_do_not_help_against_a_plain_limit() -> None:
    watched = Watched()

    async def work(ongoing: Ongoing) -> None:
        while True:
            await asyncio.sleep(6)
            ongoing.alive()

    await failure_of(watched.waits.wait(a_wait(10), work))
    assert elapsed() == pytest.approx(10)


@simulated
async def test_a_breaker_ends_its_waits_at_once_with_its_error() -> None:
    watched, breaker = Watched(), Breaker()
    asyncio.get_running_loop().call_later(2, breaker.trip, HostLost("it is gone", where="h1"))
    error = await failure_of(watched.waits.wait(a_wait(), never, [breaker]))
    assert isinstance(error, HostLost)
    assert elapsed() == pytest.approx(2)
    assert (watched.end().outcome, watched.end().reason) == (Outcome.FAILED, "h1: it is gone")


@simulated
async def test_doom_is_told_as_such() -> None:
    watched, breaker = Watched(), Breaker()
    asyncio.get_running_loop().call_later(2, breaker.trip, Doomed("it exited"))
    await failure_of(watched.waits.wait(a_wait(), never, [Breaker(), breaker]))
    assert watched.end().outcome is Outcome.DOOMED


@simulated
async def test_a_breaker_that_tripped_before_lets_nothing_begin() -> None:
    watched, breaker = Watched(), Breaker()
    breaker.trip(HostLost("first"))
    breaker.trip(HostLost("second"))
    error = await failure_of(watched.waits.wait(a_wait(), never, [breaker]))
    assert error.what == "first"
    assert watched.told() == []


@simulated
async def test_a_breaker_spares_the_waits_that_it_does_not_guard() -> None:
    watched, breaker = Watched(), Breaker()
    asyncio.get_running_loop().call_later(2, breaker.trip, HostLost("it is gone"))
    await failure_of(watched.waits.wait(a_wait(), never, [Breaker()]))
    assert elapsed() == pytest.approx(10)


@simulated
async def test_the_works_own_error_comes_out_as_it_is() -> None:
    watched = Watched()

    async def work(_: Ongoing) -> None:
        raise RemoteError("no")

    error = await failure_of(watched.waits.wait(a_wait(), work))
    assert isinstance(error, RemoteError)
    assert watched.end().outcome is Outcome.FAILED


@simulated
async def test_a_timeout_inside_the_work_is_not_taken_for_the_waits_own() -> None:
    watched = Watched()

    async def work(_: Ongoing) -> None:
        async with asyncio.timeout(1):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await watched.waits.wait(a_wait(), work)
    assert watched.end().outcome is not Outcome.EXPIRED


@simulated
async def test_cancellation_passes_through() -> None:
    watched = Watched()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watched.waits.wait(a_wait(), never))
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert watched.end().outcome is Outcome.CANCELLED


@simulated
async def test_cancellation_wins_over_a_limit_that_ends_at_the_same_moment() -> None:
    watched = Watched()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watched.waits.wait(a_wait(10), never))
        await asyncio.sleep(10)
        task.cancel()
    assert task.cancelled() or isinstance(task.exception(), WaitExpired)


async def explained(watched: Watched, wait: Wait, lasts_s: float) -> None:
    async with asyncio.TaskGroup() as group:
        explaining = group.create_task(watched.waits.explain_until_cancelled())
        await watched.waits.wait(wait, lambda _: asyncio.sleep(lasts_s))
        explaining.cancel()


@simulated
async def test_a_wait_that_lasts_is_explained_and_then_again_as_a_heartbeat() -> None:
    watched = Watched()
    await explained(watched, a_wait(60), 2.5 * HEARTBEAT_S)
    told = [each.body for each in watched.events if isinstance(each.body, WaitExplained)]
    assert told[0].why.sentence == "h1 waits: pull it"
    assert [each.heartbeat for each in told] == [False, True, True]
    assert told[0].left_s == pytest.approx(59)


@simulated
async def test_a_short_quiet_wait_is_never_told() -> None:
    watched = Watched()
    await explained(watched, a_wait(quiet=True), QUIET_FOR_S / 2)
    assert watched.told() == []


@simulated
async def test_a_quiet_wait_is_told_once_it_lasts() -> None:
    watched = Watched()
    await explained(watched, a_wait(quiet=True), QUIET_FOR_S + 2)
    assert watched.told() == ["wait_started", "wait_explained", "wait_ended"]
    (started,) = [each for each in watched.events if isinstance(each.body, WaitStarted)]
    assert started.t >= QUIET_FOR_S


@simulated
async def test_slack_is_granted_and_not_told() -> None:
    watched = Watched()
    wait = Wait(WaitKind.PAUSE, "a rest", "the clock", 5, slack_s=1)
    await watched.waits.wait(wait, lambda _: asyncio.sleep(5))
    started = next(each.body for each in watched.events if isinstance(each.body, WaitStarted))
    assert started.limit_s == 5
    await failure_of(watched.waits.wait(wait, never))
    assert elapsed() == pytest.approx(11)
