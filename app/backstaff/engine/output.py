"""What a new container prints, from its first line on."""

from collections import deque

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import broken_by
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice, Output
from backstaff.hosts.protocol import LogLine

LAST_LINES = 50
REMEMBERED_LINES = 500
FOLLOW_AGAIN_S = 0.5


class OutputTail:
    """Follows one role's new container on one host and tells every line once.

    Lines are told apart by stream, time and text: stdout and stderr carry times of their own, so a later
    line may well have an earlier time."""

    def __init__(self, run: RunContext, host: GuardedHost, role: str) -> None:
        self._run = run
        self._host = host
        self._role = role
        self._newest = ""
        self._told: deque[LogLine] = deque(maxlen=REMEMBERED_LINES)

    async def follow(self, container: str) -> None:
        """Tell lines as they come, through restarts, until cancelled or the host is gone."""
        try:
            await broken_by(self._host.breakers, lambda: self._follow(container))
        except BackstaffError as error:
            text = f"the output of {self._role} can not be followed: {error.what}"
            self._run.stream.emit(Notice(level="info", host=self._host.name, text=text))

    async def _follow(self, container: str) -> None:
        while True:
            async for line in self._host.docker.logs(container, since=self._newest, follow=True):
                self._tell(line)
            await self._run.clock.sleep(FOLLOW_AGAIN_S)

    async def catch_up(self, container: str) -> None:
        """Tell the last lines that following has missed."""
        for line in await self._host.docker.read_logs(container, tail=LAST_LINES):
            self._tell(line)

    def _tell(self, line: LogLine) -> None:
        if line in self._told:
            return
        self._told.append(line)
        self._newest = max(self._newest, line.at)
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
