"""What a new container prints, from its first line on."""

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice, Output
from backstaff.hosts.protocol import LogLine

LAST_LINES = 50


class OutputTail:
    """Follows one role's new container on one host and tells every line once."""

    def __init__(self, run: RunContext, host: GuardedHost, role: str) -> None:
        self._run = run
        self._host = host
        self._role = role
        self._last_at = ""

    async def follow(self, container: str) -> None:
        """Tell lines as they come, through restarts, until cancelled."""
        while True:
            try:
                async for line in self._host.docker.logs(container, since=self._last_at, follow=True):
                    self._tell(line)
            except BackstaffError as error:
                text = f"the output of {self._role} can not be followed: {error.what}"
                self._run.stream.emit(Notice(level="info", host=self._host.name, text=text))
                return
            await self._run.clock.sleep(0.5)

    async def catch_up(self, container: str) -> None:
        """Tell the last lines that following has missed."""
        async for line in self._host.docker.logs(container, tail=LAST_LINES):
            self._tell(line)

    def _tell(self, line: LogLine) -> None:
        if line.at <= self._last_at:
            return
        self._last_at = line.at
        self._run.stream.emit(
            Output(
                source="container",
                host=self._host.name,
                role=self._role,
                name=self._run.version,
                stream=line.stream,
                text=line.text,
            )
        )
