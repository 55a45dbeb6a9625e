"""Simulated time."""

import asyncio
import threading
import time

import pytest

from backstaff.simulator.clock import ScaledClock, SkippingClock, run_skipping


def test_a_wait_of_an_hour_is_over_at_once() -> None:
    async def work() -> tuple[float, float]:
        clock = SkippingClock()
        before, wall = clock.now(), clock.wall()
        await clock.sleep(3600)
        return clock.now() - before, (clock.wall() - wall).total_seconds()

    began = time.monotonic()
    elapsed, of_day = run_skipping(work())

    assert 3600 <= elapsed < 3700
    assert of_day == pytest.approx(elapsed, abs=1)
    assert time.monotonic() - began < 600


def test_a_deadline_is_met_by_what_waits_and_not_by_what_works() -> None:
    async def work() -> str:
        clock = SkippingClock()
        async with clock.timeout_at(clock.now() + 30):
            await asyncio.to_thread(time.sleep, 0.05)
            answer = await asked_over_a_socket()
        with pytest.raises(TimeoutError):
            async with clock.timeout_at(clock.now() + 30):
                await asyncio.Event().wait()
        return answer.decode()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(5))
        writer.close()

    async def asked_over_a_socket() -> bytes:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(b"hello")
            answer = await reader.readexactly(5)
            writer.close()
            await writer.wait_closed()
        return answer

    assert run_skipping(work()) == "hello"


def test_no_time_is_skipped_while_somebody_works_outside() -> None:
    async def work() -> bool:
        clock, loop = SkippingClock(), asyncio.get_running_loop()
        done = asyncio.Event()
        clock.outside(+1)
        threading.Timer(0.05, lambda: loop.call_soon_threadsafe(done.set)).start()
        async with clock.timeout_at(clock.now() + 600):
            await done.wait()
        clock.outside(-1)
        return done.is_set()

    assert run_skipping(work())


def test_a_skipping_clock_refuses_a_loop_that_does_not_skip() -> None:
    async def work() -> None:
        SkippingClock().outside(+1)

    with pytest.raises(TypeError, match="SkippingLoop"):
        asyncio.run(work())


def test_scaled_time_runs_as_much_faster_as_it_was_asked_to() -> None:
    async def work() -> tuple[float, float]:
        clock = ScaledClock(1000)
        before, wall = clock.now(), clock.wall()
        await clock.sleep(30)
        elapsed, of_day = clock.now() - before, (clock.wall() - wall).total_seconds()
        with pytest.raises(TimeoutError):
            await too_long(clock)
        async with clock.timeout_at(None):
            return elapsed, of_day

    async def too_long(clock: ScaledClock) -> None:
        async with clock.timeout_at(clock.now() + 1_000_000) as timer:
            clock.reschedule(timer, clock.now() + 10)
            await clock.sleep(10_000_000)

    elapsed, of_day = asyncio.run(work())

    assert elapsed >= 30
    assert of_day >= 30
