"""Runs a program inside a running container."""

import asyncio
from collections.abc import Sequence

from aiodocker.execs import Exec

from backstaff.hosts.docker_http import DockerHttp
from backstaff.hosts.docker_records import ExecState
from backstaff.hosts.docker_streams import FramedOutput
from backstaff.hosts.exec_ends import ExecEnds
from backstaff.hosts.protocol import CommandResult

MOST_OUTPUT = 16 * 1024 * 1024
_END_CHECKS = 20
_END_CHECK_S = 0.05


async def execute(http: DockerHttp, container: str, argv: Sequence[str], ends: ExecEnds) -> CommandResult:
    """Run `argv` and wait for its end. Raises EOFError if the connection ends before the program."""
    program = await http.api.containers.container(container).exec(list(argv))
    output = FramedOutput(MOST_OUTPUT)
    with ends.awaited(program.id) as end:
        async with http.stream(
            "POST", f"exec/{program.id}/start", body={"Detach": False, "Tty": False}
        ) as response:
            async for chunk in response.content.iter_any():
                output.feed(chunk)
        code = await ends.told(end)
    if code is None:
        code = await _asked(program)
    return CommandResult(code, output.text("stdout"), output.text("stderr"))


async def _asked(program: Exec) -> int:
    for _ in range(_END_CHECKS):
        # The output may end a moment before Docker knows the exit code.
        state = ExecState.model_validate(await program.inspect())
        if not state.running and state.exit_code is not None:
            return state.exit_code
        await asyncio.sleep(_END_CHECK_S)
    raise EOFError("the connection ended before the program")
