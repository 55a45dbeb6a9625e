"""The output of containers on many hosts, and hosts that stop giving any."""

import asyncio
from collections.abc import Callable

from backstaff.clock import Seconds
from backstaff.engine.app_logs import LogQuery, LogSource, ReaderGone, read_logs
from backstaff.engine.fleet import connected
from backstaff.errors import BackstaffError, DockerUnavailable, HostLost, WaitExpired
from backstaff.hosts.protocol import LogLine
from tests.engine.running import SHORT, a_datacentre, a_run, short_config
from tests.fakes.clock import elapsed, simulated
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre

CONFIG = short_config()
SOURCES = [LogSource("h1", "web", "app-web-v1"), LogSource("h3", "job", "app-job-v1")]


class Reader:
    """Takes what is told; `most` lines are enough."""

    def __init__(self, most: int = 1000) -> None:
        self.most = most
        self.lines: list[tuple[str, str]] = []
        self.failures: list[tuple[Seconds, BackstaffError]] = []

    def line(self, source: LogSource, line: LogLine) -> None:
        self.lines.append((source.host, line.text))
        if len(self.lines) == self.most:
            raise ReaderGone

    def failure(self, error: BackstaffError) -> None:
        self.failures.append((elapsed(), error))


async def read(
    query: LogQuery,
    later: dict[Seconds, Callable[[Datacentre], None]] | None = None,
    sources: list[LogSource] = SOURCES,
    reader: Reader | None = None,
) -> Reader:
    """Read to the end; what `later` says happens to the hosts so many seconds after the start."""
    reader = reader or Reader()
    datacentre = a_datacentre(CONFIG)
    for seconds, happens in (later or {}).items():
        asyncio.get_running_loop().call_later(seconds, happens, datacentre)
    context = a_run(CONFIG)
    async with connected(context, datacentre, CONFIG.all_hosts) as fleet:
        await read_logs(fleet, sources, query, reader.line, reader.failure)
    return reader


def freeze(datacentre: Datacentre) -> None:
    datacentre["h1"].engine.freeze()


def lose(datacentre: Datacentre) -> None:
    datacentre["h1"].wires[-1].lose()


def end(host: str) -> Callable[[Datacentre], None]:
    def stop(datacentre: Datacentre) -> None:
        for container in datacentre[host].containers.values():
            container.stop(0, lambda: None)

    return stop


def say(datacentre: Datacentre) -> None:
    for container in datacentre["h3"].containers.values():
        container.say("still here")


@simulated
async def test_a_frozen_engine_is_told_in_time_while_others_are_followed_on() -> None:
    reader = await read(LogQuery(follow=True), {10: freeze, 30: say, 40: end("h3")})
    ((at, error),) = reader.failures
    assert isinstance(error, DockerUnavailable)
    assert error.where == "h1"
    assert 10 + SHORT.docker <= at <= 10 + SHORT.docker + 10
    assert reader.lines[-1] == ("h3", "still here")
    assert elapsed() >= 40


@simulated
async def test_a_lost_host_is_told_at_once_and_once_for_all_its_containers() -> None:
    sources = [*SOURCES, LogSource("h1", "", "kamal-proxy")]
    reader = await read(LogQuery(follow=True), {10: lose, 20: end("h3")}, sources)
    assert [(round(at), type(error)) for at, error in reader.failures] == [(10, HostLost)]


@simulated
async def test_the_end_of_all_sources_is_the_end() -> None:
    reader = await read(LogQuery(follow=True), {5: end("h1"), 6: end("h3")})
    assert reader.failures == []
    assert 6 <= elapsed() < 8


@simulated
async def test_a_log_that_gives_no_sign_of_life_is_given_up() -> None:
    hang = Fault("logs", Kind.HANG)
    reader = await read(LogQuery(), {0: lambda datacentre: datacentre["h1"].goes_wrong(hang)})
    assert [type(error) for _, error in reader.failures] == [WaitExpired]
    assert reader.lines == [("h3", "starting")]


@simulated
async def test_nobody_who_reads_is_the_end_too() -> None:
    reader = await read(LogQuery(follow=True), {10: say}, reader=Reader(most=3))
    assert reader.lines[-1] == ("h3", "still here")
    assert 10 <= elapsed() < 11
