"""What a new container prints, from its first line on."""

from contextlib import aclosing

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.output_budget import CLOSED_FOR_S, CONTAINER, OutputBudget
from backstaff.engine.waits import broken_by
from backstaff.errors import BackstaffError
from backstaff.events.types import Notice, Output
from backstaff.hosts.protocol import LogLine

LAST_LINES = 50
RESUMED_LINES = 100
REMEMBERED_LINES = 500
FOLLOW_AGAIN_S = 0.5
GAP = "[… lines left out here: it writes more than is recorded; `backstaff app logs` shows them]"


class OutputTail:
    """Follows one role's new container on one host and tells every line once.

    Of one that writes more than its budget allows, the newest lines are told every second and the others
    left out: they are not read either, so a flood costs neither memory nor the link.

    Lines are told apart by stream, time and text: stdout and stderr carry times of their own, so a later
    line may well have an earlier time."""

    def __init__(self, run: RunContext, host: GuardedHost, role: str) -> None:
        self._run = run
        self._host = host
        self._role = role
        self._newest = ""
        self._told: dict[LogLine, None] = {}
        self._budget = OutputBudget(run.clock, CONTAINER)

    async def follow(self, container: str) -> None:
        """Tell lines as they come, through restarts, until cancelled or the host is gone."""
        try:
            await broken_by(self._host.breakers, lambda: self._follow(container))
        except BackstaffError as error:
            text = f"the output of {self._role} can not be followed: {error.what}"
            self._run.stream.emit(Notice(level="info", host=self._host.name, text=text))

    async def _follow(self, container: str) -> None:
        tail: int | None = None
        while True:
            ended = await self._read(container, tail)
            tail = None if ended else RESUMED_LINES
            await self._run.clock.sleep(FOLLOW_AGAIN_S if ended else CLOSED_FOR_S)

    async def _read(self, container: str, tail: int | None) -> bool:
        """Tell lines up to the end of the log, or, and this returns False, of the budget."""
        may_lack = tail is not None
        log = self._host.docker.logs(container, since=self._newest, tail=tail, follow=True)
        async with aclosing(log) as lines:
            async for line in lines:
                if line in self._told:
                    may_lack = False
                    continue
                if not self._budget.admits(line.text):
                    return False
                if may_lack:
                    self._emit(line.stream, GAP)
                    may_lack = False
                self._tell(line)
        return True

    async def catch_up(self, container: str) -> None:
        """Tell the last lines that following has missed."""
        lines = await self._host.docker.read_logs(container, tail=LAST_LINES)
        if self._told and len(lines) == LAST_LINES and lines[0] not in self._told:
            self._emit(lines[0].stream, GAP)
        for line in lines:
            if line not in self._told:
                self._tell(line)

    def _tell(self, line: LogLine) -> None:
        self._told[line] = None
        if len(self._told) > REMEMBERED_LINES:
            del self._told[next(iter(self._told))]
        self._newest = max(self._newest, line.at)
        self._emit(line.stream, line.text)

    def _emit(self, stream: str, text: str) -> None:
        self._run.stream.emit(
            Output(
                source="container",
                host=self._host.name,
                role=self._role,
                name=self._run.version,
                stream=stream,
                text=text,
            )
        )
