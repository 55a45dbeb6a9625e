"""The proxy's log, read while it checks one new container: its command itself tells nothing until the end."""

from collections.abc import Callable

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import broken_by
from backstaff.engine.wanted_lines import Wanted
from backstaff.errors import BackstaffError
from backstaff.events.facts import ProbeSummary
from backstaff.events.types import Notice, ProbeSeen
from backstaff.explain.proxy_log import ProbeFold, ProbeResult, TargetState, parse_proxy_line
from backstaff.hosts.protocol import LogLine
from backstaff.kamal.names import PROXY_CONTAINER

FOLLOW_AGAIN_S: Seconds = 1.0


class ProxyLog:
    """What the proxy of a host writes of `target`, a container's id or its beginning, from `since` on.

    Failed checks are told as events of `role`; `healthy` is called when the proxy finds the target so.
    """

    def __init__(
        self,
        run: RunContext,
        host: GuardedHost,
        role: str,
        target: str,
        since: str,
        healthy: Callable[[], None],
    ) -> None:
        self._stream = run.stream
        self._clock = run.clock
        self._host = host
        self._role = role
        self._target = target
        self._since = since
        self._healthy = healthy
        self._probes = ProbeFold()
        self._told: set[LogLine] = set()
        self._unreadable = False

    @property
    def last(self) -> ProbeSummary | None:
        """The latest check that failed, None before the first."""
        return self._probes.last

    async def follow(self) -> None:
        """Read along until cancelled. A log that can not be read is told, once, and left alone."""
        try:
            while True:
                await broken_by(self._host.breakers, self._read_along)
                # Docker may end the stream of a container that goes on, for one when it rotates the log.
                await self._clock.sleep(FOLLOW_AGAIN_S)
        except BackstaffError as error:
            self._tell_unreadable(error)

    async def catch_up(self) -> None:
        """Read what `follow` has not come to; only where it saw nothing, as it may be behind."""
        if self.last is not None or self._unreadable:
            return
        try:
            lines = await self._host.docker.read_logs(
                PROXY_CONTAINER, since=self._since, wanted=Wanted(self._concerns)
            )
        except BackstaffError as error:
            self._tell_unreadable(error)
            return
        for line in lines:
            self._take(line)

    async def _read_along(self) -> None:
        async for line in self._host.docker.logs(PROXY_CONTAINER, since=self._since, follow=True):
            self._since = line.at or self._since
            self._take(line)

    def _concerns(self, text: str) -> bool:
        return parse_proxy_line(text, self._target) is not None

    def _take(self, line: LogLine) -> None:
        # At the seams of a log, a rotation or a second reading, Docker sends lines twice.
        seen = parse_proxy_line(line.text, self._target)
        if seen is None or line in self._told:
            return
        self._told.add(line)
        match seen:
            case ProbeResult():
                probe = self._probes.add(seen, self._stream.offset())
                self._stream.emit(ProbeSeen(host=self._host.name, role=self._role, probe=probe))
            case TargetState(healthy=True):
                self._healthy()

    def _tell_unreadable(self, error: BackstaffError) -> None:
        self._unreadable = True
        text = f"the proxy's log can not be followed: {error.what}"
        self._stream.emit(Notice(level="info", host=self._host.name, text=text))
