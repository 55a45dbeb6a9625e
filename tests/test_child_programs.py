"""Starting programs while somebody loses patience."""

import asyncio
from pathlib import Path

from backstaff.child_programs import run_program, start_program


class Program(asyncio.SubprocessProtocol):
    def __init__(self) -> None:
        self.exited = asyncio.Event()

    def process_exited(self) -> None:
        self.exited.set()


async def test_a_start_that_is_cancelled_twice_leaves_no_program() -> None:
    begun, let_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def start() -> tuple[asyncio.SubprocessTransport, Program]:
        loop = asyncio.get_running_loop()
        started = await loop.subprocess_exec(Program, "sleep", "600")
        begun.set()
        await let_on.wait()
        return started

    async def end(transport: asyncio.SubprocessTransport, program: Program) -> None:
        transport.kill()
        await program.exited.wait()
        transport.close()
        ended.set()

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        starting = group.create_task(start_program(start(), end))
        await begun.wait()
        for _ in range(2):
            starting.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([starting])
        let_on.set()
        await ended.wait()

    assert starting.cancelled()


async def test_what_it_leaves_running_may_hold_its_output_for_a_while(tmp_path: Path) -> None:
    output = bytearray()
    script = "sleep 600 & echo $! >pid; echo done"
    async with asyncio.timeout(60):
        status = await run_program(
            ["sh", "-c", script], take=lambda _, data: output.extend(data), cwd=tmp_path, leftovers_s=0.1
        )
    await run_program(["kill", (tmp_path / "pid").read_text().strip()], take=lambda *_: None)
    assert (status, bytes(output)) == (0, b"done\n")
