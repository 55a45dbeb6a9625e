"""Programs inside running containers."""

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

import aiodocker

from backstaff.hosts.docker_http import DockerHttp
from backstaff.hosts.docker_records import ExecState, identity
from backstaff.hosts.docker_streams import FramedOutput
from backstaff.hosts.exec_ends import ExecEnds
from backstaff.hosts.protocol import CommandResult

MOST_OUTPUT = 16 * 1024 * 1024
_NOT_STARTED = {404, 409}
_END_CHECKS = 20
_END_CHECK_S = 0.05


class Programs:
    """The programs that are run in the containers of one engine."""

    def __init__(self) -> None:
        self.ends = ExecEnds()
        self._ready: dict[tuple[str, tuple[str, ...]], str] = {}

    async def make_ready(self, http: DockerHttp, container: str, argv: Sequence[str]) -> None:
        """Tell Docker of a program that is soon to be executed, which then need not be done first."""
        self._ready[container, tuple(argv)] = await _created(http, container, argv)

    async def execute(self, http: DockerHttp, container: str, argv: Sequence[str]) -> CommandResult:
        """Run `argv` and wait for its end. Raises EOFError if the connection ends before the program."""
        ready = self._ready.pop((container, tuple(argv)), None)
        if ready is not None:
            try:
                return await self._run(http, ready)
            except aiodocker.DockerError as error:
                # The container was started anew since.
                if error.status not in _NOT_STARTED:
                    raise
        return await self._run(http, await _created(http, container, argv))

    async def _run(self, http: DockerHttp, program: str) -> CommandResult:
        output = FramedOutput(MOST_OUTPUT)
        with self.ends.awaited(program) as end:
            body = {"Detach": False, "Tty": False}
            async with http.stream("POST", f"exec/{program}/start", body=body) as response:
                async for chunk in response.content.iter_any():
                    output.feed(chunk)
            code = await self.ends.told(end)
        if code is None:
            code = await _asked(http, program)
        return CommandResult(code, output.text("stdout"), output.text("stderr"))


async def _created(http: DockerHttp, container: str, argv: Sequence[str]) -> str:
    """The id of a program that Docker has been told of."""
    program = await http.api.containers.container(quote(container, safe="")).exec(list(argv))
    return quote(identity(program.id), safe="")


async def _asked(http: DockerHttp, program: str) -> int:
    for _ in range(_END_CHECKS):
        # The output may end a moment before Docker knows the exit code.
        state = ExecState.model_validate_json(await http.ask("GET", f"exec/{program}/json"))
        if not state.running and state.exit_code is not None:
            return state.exit_code
        await asyncio.sleep(_END_CHECK_S)
    raise EOFError("the connection ended before the program")
