import asyncio

import pytest

from backstaff.errors import RemoteError
from backstaff.uninterrupted import uninterrupted
from tests.fakes.clock import elapsed, simulated


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
