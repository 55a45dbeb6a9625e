import asyncio

import pytest

from tests.fakes.clock import Deadlock, elapsed, simulate, simulated


@simulated
async def test_an_hour_passes_at_once_and_in_order() -> None:
    seen: list[str] = []

    async def after(seconds: float, text: str) -> None:
        await asyncio.sleep(seconds)
        seen.append(text)

    async with asyncio.TaskGroup() as group:
        group.create_task(after(3600, "late"))
        group.create_task(after(60, "soon"))
    assert seen == ["soon", "late"]
    assert elapsed() == pytest.approx(3600)


@simulated
async def test_timeouts_expire_at_their_simulated_time() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
    assert elapsed() == pytest.approx(30)


def test_waiting_for_what_never_comes_fails_at_once() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match="nothing is scheduled"):
        simulate(stuck())


def test_a_loop_without_a_pause_fails() -> None:
    async def busy() -> None:
        while True:  # noqa: ASYNC110 - what is to be caught
            await asyncio.sleep(0)

    with pytest.raises(Deadlock, match="no time passes"):
        simulate(busy())


def test_a_run_that_outlives_its_bound_fails() -> None:
    async def slow() -> None:
        while True:  # noqa: ASYNC110 - what is to be caught
            await asyncio.sleep(1)

    with pytest.raises(Deadlock, match="not done after 60 s"):
        simulate(slow(), within_s=60)


def test_a_fake_that_breaks_in_a_timer_fails_the_test() -> None:
    def broken() -> None:
        raise LookupError("a bug in a fake")

    async def main() -> None:
        asyncio.get_running_loop().call_later(1, broken)
        await asyncio.sleep(5)

    with pytest.raises(LookupError):
        simulate(main())
