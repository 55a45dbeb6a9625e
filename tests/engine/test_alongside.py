import asyncio

import pytest

from backstaff.engine.alongside import alongside
from backstaff.errors import RemoteError
from tests.fakes.clock import elapsed, simulated


class Follower:
    """Runs until it is cancelled, and tells."""

    def __init__(self) -> None:
        self.ended = False

    async def follow(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


@simulated
async def test_followers_end_with_the_body() -> None:
    first, second = Follower(), Follower()
    async with alongside(first.follow(), second.follow()):
        await asyncio.sleep(1)
        during = (first.ended, second.ended)
    assert during == (False, False)
    assert (first.ended, second.ended) == (True, True)


@simulated
async def test_the_bodys_error_comes_out_unwrapped_and_ends_the_followers() -> None:
    follower = Follower()

    async def body() -> None:
        async with alongside(follower.follow()):
            await asyncio.sleep(0)
            raise RemoteError("broken")

    with pytest.raises(RemoteError, match="broken"):
        await body()
    assert follower.ended


@simulated
async def test_a_follower_that_fails_cancels_the_body() -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise RuntimeError("a bug")

    async def body() -> None:
        async with alongside(fails()):
            await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="a bug"):
        await body()
    assert elapsed() == pytest.approx(1)


@simulated
async def test_a_follower_that_is_done_disturbs_nobody() -> None:
    async with alongside(asyncio.sleep(1)):
        await asyncio.sleep(5)
    assert elapsed() == pytest.approx(5)


@simulated
async def test_cancellation_passes_through_and_ends_the_followers() -> None:
    follower = Follower()

    async def body() -> None:
        async with alongside(follower.follow()):
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(body())
        await asyncio.sleep(1)
        task.cancel()
    assert task.cancelled()
    assert follower.ended
