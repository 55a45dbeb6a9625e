import asyncio

import pytest

from backstaff.errors import RemoteError
from backstaff.uninterrupted import settled, uninterrupted
from tests.fakes.clock import SimulatedClock, elapsed, simulate, simulated


@simulated
async def test_work_is_done_to_its_end_before_a_cancellation_goes_on() -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(uninterrupted(asyncio.sleep(5)))
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert elapsed() == pytest.approx(5)


@simulated
async def test_a_second_cancellation_does_not_wait() -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(uninterrupted(asyncio.sleep(5)))
        for _ in range(2):
            await asyncio.sleep(1)
            task.cancel()
    assert task.cancelled()
    assert elapsed() == pytest.approx(2)


@simulated
async def test_its_error_comes_out() -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise RemoteError("no")

    with pytest.raises(RemoteError):
        await uninterrupted(fails())


@simulated
async def test_work_that_settles_in_time_is_waited_for_and_then_the_cancellation_comes_through() -> None:
    done: list[float] = []

    async def work() -> None:
        await asyncio.sleep(2)
        done.append(elapsed())

    async with asyncio.TaskGroup() as group:
        task = group.create_task(settled(work(), SimulatedClock(), 3))
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert (done, elapsed()) == ([2], 2)


@pytest.mark.parametrize("begins_s", [0, 1])
def test_work_that_does_not_settle_is_cut_short(begins_s: float) -> None:
    ends: list[float] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append(elapsed())

    async def cancelled() -> None:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(settled(work(), SimulatedClock(), 3))
            await asyncio.sleep(begins_s)
            task.cancel()
        assert task.cancelled()

    simulate(cancelled())
    assert ends == [begins_s + 3]


@simulated
async def test_work_that_nobody_cancels_has_its_own_result_and_error() -> None:
    async def fails() -> None:
        raise RemoteError("broken")

    async def well() -> int:
        await asyncio.sleep(10)
        return 42

    assert await settled(well(), SimulatedClock(), 3) == 42
    with pytest.raises(RemoteError, match="broken"):
        await settled(fails(), SimulatedClock(), 3)


@simulated
async def test_work_that_ends_in_the_moment_of_the_cancellation_is_cancelled_all_the_same() -> None:
    moment = asyncio.Event()

    async def work() -> None:
        await moment.wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(settled(work(), SimulatedClock(), 3))
        await asyncio.sleep(1)
        moment.set()
        # Done, and its waiter has not been told yet.
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert elapsed() == pytest.approx(1)
