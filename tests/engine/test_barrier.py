import asyncio

import pytest

from backstaff.engine.barrier import Barrier
from backstaff.events.facts import BarrierState
from backstaff.events.types import BarrierChanged, Event
from tests.engine.running import a_run, short_config
from tests.fakes.clock import elapsed, simulated


def a_barrier(events: list[Event] | None = None, *hosts: str) -> Barrier:
    barrier = Barrier("web", 30, a_run(short_config(), events).stream)
    barrier.expect(list(hosts))
    return barrier


async def pass_while(barrier: Barrier, *what: tuple[float, str]) -> bool:
    """Wait at the barrier while hosts end: `(3, "h1 opens")`, `(4, "h2 gives up")`."""

    async def happen() -> None:
        for at, told in what:
            await asyncio.sleep(at - elapsed())
            host, _, how = told.partition(" ")
            if how == "opens":
                barrier.opened_by(host)
            else:
                barrier.given_up(host, how)

    async with asyncio.TaskGroup() as group:
        group.create_task(happen())
        waiting = group.create_task(barrier.passed("job@h3"))
    return waiting.result()


@simulated
async def test_the_first_healthy_gatekeeper_opens_it() -> None:
    barrier = a_barrier([], "h1", "h2")
    assert await pass_while(barrier, (3, "h1 opens"), (9, "h2 exited"))
    assert barrier.reason == "web is healthy on h1"


@simulated
async def test_one_that_gives_up_does_not_fail_it_while_another_can_open_it() -> None:
    barrier = a_barrier([], "h1", "h2")
    assert await pass_while(barrier, (3, "h1 exited"), (9, "h2 opens"))
    assert elapsed() == pytest.approx(9)


@simulated
async def test_the_last_one_that_gives_up_fails_it_at_once() -> None:
    barrier = a_barrier([], "h1", "h2")
    assert not await pass_while(barrier, (3, "h1 exited 1"), (5, "h2 cancelled"))
    assert elapsed() == pytest.approx(5)


@simulated
async def test_why_it_failed_is_told_once_and_not_to_each_who_waits() -> None:
    events: list[Event] = []
    barrier = a_barrier(events, "h1", "h2", "h3")
    assert not await pass_while(barrier, (3, "h1 exited 1"), (4, "h2 cancelled"), (5, "h3 exited 1"))
    assert barrier.reason == "no web container became healthy"
    last = events[-1].body
    assert isinstance(last, BarrierChanged)
    assert last.reason == "no web container became healthy (h1 and h3: exited 1; h2: cancelled)"


@simulated
async def test_whoever_comes_late_does_not_wait() -> None:
    barrier = a_barrier([], "h1")
    barrier.opened_by("h1")
    assert await barrier.passed("job@h3")
    assert barrier.resolved


@simulated
async def test_an_open_barrier_stays_open_when_the_opener_ends() -> None:
    barrier = a_barrier([], "h1")
    barrier.opened_by("h1")
    barrier.given_up("h1", "ended unexpectedly")
    assert barrier.is_open


@simulated
async def test_it_tells_who_can_open_it_and_who_waits() -> None:
    events: list[Event] = []
    barrier = a_barrier(events, "h1", "h2")
    assert barrier.owner() == "web on h1, h2"
    await pass_while(barrier, (3, "h1 exited"), (9, "h2 opens"))
    told = [each.body for each in events if isinstance(each.body, BarrierChanged)]
    assert (told[1].can_open, told[1].waiting) == (("h1", "h2"), ("job@h3",))
    assert (told[2].can_open, told[2].state) == (("h2",), BarrierState.CLOSED)
    assert told[-1].state is BarrierState.OPEN


@simulated
async def test_a_waiter_that_is_cancelled_is_forgotten() -> None:
    events: list[Event] = []
    barrier = a_barrier(events, "h1")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(barrier.passed("job@h3"))
        await asyncio.sleep(1)
        waiting.cancel()
    barrier.opened_by("h1")
    last = events[-1].body
    assert isinstance(last, BarrierChanged)
    assert last.waiting == ()


@simulated
async def test_gatekeepers_that_are_healthy_since_before_open_it_at_once() -> None:
    events: list[Event] = []
    barrier = a_barrier(events, "h3")
    barrier.open_since_before(["h1", "h2"])
    assert await barrier.passed("job@h4")
    assert barrier.reason == "web is healthy on h1 and h2 since the resumed run"
    barrier.given_up("h3", "exited")
    assert barrier.is_open
