"""Programs that write without an end: the run goes on, and what is kept of them is bounded and told."""

import asyncio
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from backstaff.engine import local_output, output
from backstaff.engine.local_output import within_budget
from backstaff.engine.newest_lines import NewestLines
from backstaff.engine.output import GAP, LAST_LINES, OutputTail
from backstaff.engine.output_budget import CONTAINER, LOCAL, Allowance, OutputBudget
from backstaff.errors import ExitCode
from backstaff.events.journal import JournalWriter
from backstaff.events.types import Event, Output
from backstaff.hosts import docker_socket
from backstaff.hosts.protocol import LogLine
from tests.engine.running import Scene, a_run, run, short_config
from tests.engine.test_hooks import Hooked
from tests.fakes.apps import App
from tests.fakes.clock import simulated
from tests.fakes.hosts import Datacentre
from tests.hostile.hosts import guarded_host
from tests.hostile.test_output import AT, INSPECTED
from tests.hosts.fake_docker import fake_docker, frame
from tests.hosts.ssh_server import ServerSettings, ServerState, until

SMALL = Allowance(1_000, 500, 200_000, 100_000)
MOST_CALLS = 100_000
"""Bytes of the journal for everything but output."""
MOST_READ = 32 * 1024 * 1024
"""Buffers of sockets and of SSH between the one who writes and the one who has stopped to read."""


class Flood:
    """Writes lines for as long as anybody takes them, and makes each of them as it goes."""

    def __init__(self, length: int) -> None:
        self._text = b"x" * length
        self.number = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        try:
            while request.transport is not None and not request.transport.is_closing():
                await response.write(b"".join(self._line() for _ in range(64)))
        except ConnectionError:
            return response
        return response

    def _line(self) -> bytes:
        self.number += 1
        return frame(1, AT.format(self.number).encode() + b" %d " % self.number + self._text + b"\n")


@pytest.mark.parametrize("length", [200, 10_000])
async def test_a_container_that_writes_without_an_end_costs_a_bounded_part_of_it(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    length: int,
) -> None:
    settings.docker_socket = tmp_path / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    monkeypatch.setattr(output, "CONTAINER", SMALL)
    monkeypatch.setattr(output, "CLOSED_FOR_S", 0.05)
    monkeypatch.setattr("backstaff.engine.output_budget.CLOSED_FOR_S", 0.05)
    told: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event.body, Output):
            told.append(event.body.text)

    journal = JournalWriter(tmp_path / "runs", "a-run", told.append)
    flood = Flood(length)
    async with (
        fake_docker(settings.docker_socket) as docker,
        guarded_host(server, known_hosts, [note, journal]) as (context, host),
    ):
        docker.says("GET /containers/abc/json", INSPECTED)
        docker.answers["GET /containers/abc/logs"] = flood.answer
        began = context.clock.now()
        tracemalloc.start()
        try:
            async with asyncio.TaskGroup() as group:
                follower = group.create_task(OutputTail(context, host, "web").follow("abc"))
                await until(lambda: told.count(GAP) >= 2)
                docker.says("GET /containers/json", [])
                assert await host.docker.containers() == [], "other calls are answered meanwhile"
                follower.cancel()
            took_s = context.clock.now() - began
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    journal.close()
    lines = [text for text in told if text != GAP]
    assert lines[0].startswith("1 ")
    assert len(lines) <= SMALL.lines + SMALL.lines_per_s * took_s
    assert flood.number > len(lines), "the rest was left out"
    assert peak < MOST_READ
    characters = SMALL.characters + SMALL.characters_per_s * took_s + length
    assert journal.path.stat().st_size < characters + 400 * len(told) + MOST_CALLS


def flooding(lines: int) -> Callable[[Datacentre], None]:
    def put(datacentre: Datacentre) -> None:
        says = tuple(f"line {number}" for number in range(lines))
        datacentre["h1"].apps["web:v2"] = App(ready_after_s=None, says=says)

    return put


def test_of_a_container_that_floods_and_fails_the_first_and_the_last_lines_are_kept() -> None:
    ran = run(Scene(config=short_config(), set=flooding(20_000)))
    assert ran.code is ExitCode.FAILED
    lines = [each.text for each in ran.of(Output) if each.host == "h1" and each.name == "v2"]
    assert lines[:2] == ["line 0", "line 1"]
    assert lines[-1] == "line 19999"
    assert GAP in lines
    assert len(lines) < CONTAINER.lines + 60 * CONTAINER.lines_per_s
    numbers = [int(text.split()[1]) for text in lines if text != GAP]
    assert numbers == sorted(set(numbers)), "in order, and none twice"
    for before, text, after in zip(lines, lines[1:], lines[2:], strict=False):
        if text == GAP:
            assert int(after.split()[1]) > int(before.split()[1]) + 1, "it says so only where lines lack"
    told_last = ran.board.tail("container", "h1", "web")
    assert [each.text for each in told_last][-LAST_LINES:] == lines[-LAST_LINES:]


def test_a_sane_container_is_kept_whole() -> None:
    ran = run(Scene(config=short_config(), set=flooding(CONTAINER.lines - 10)))
    lines = [each.text for each in ran.of(Output) if each.host == "h1" and each.name == "v2"]
    assert lines == [f"line {number}" for number in range(CONTAINER.lines - 10)]


async def test_a_hook_that_floods_is_told_in_part_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_output, "LOCAL", SMALL)
    hooked = Hooked(tmp_path, "#!/bin/sh\nyes | head -n 20000\n")
    await hooked.hooks().run("pre-deploy")
    shown = hooked.output()
    gaps = [text for text in shown if text.startswith("[… ")]
    left_out = sum(int(text.split()[1]) for text in gaps)
    assert gaps
    assert len(shown) - len(gaps) + left_out == 20_000


@simulated
async def test_nothing_of_a_budget_is_admitted_for_a_second_once_it_is_used_up() -> None:
    clock = a_run(short_config()).clock
    budget = OutputBudget(clock, Allowance(3, 2, 1_000, 1_000))
    assert [budget.admits("x") for _ in range(5)] == [True] * 3 + [False] * 2
    await clock.sleep(0.9)
    assert not budget.admits("x")
    await clock.sleep(0.2)
    assert budget.admits("x")
    assert budget.gap() == "[… 3 lines left out here: more than is recorded]"
    assert budget.gap() == ""


@simulated
async def test_a_long_line_uses_up_what_long_lines_may() -> None:
    clock = a_run(short_config()).clock
    budget = OutputBudget(clock, Allowance(100, 100, 1_000, 100))
    assert budget.admits("x" * 1_500)
    await clock.sleep(4.9)
    assert not budget.admits("x")
    await clock.sleep(5)
    assert budget.admits("x")


@simulated
async def test_lines_left_out_at_the_end_are_told_when_it_ends() -> None:
    told: list[str] = []
    with within_budget(a_run(short_config()).clock, lambda _, text: told.append(text)) as take:
        for _ in range(LOCAL.lines + 7):
            take("stdout", "x")
    assert told[-1] == "[… 7 lines left out here: more than is recorded]"
    assert len(told) == LOCAL.lines + 1


LINES = st.lists(st.text(max_size=9), max_size=30)


@given(LINES, st.integers(1, 10), st.integers(1, 60))
def test_of_a_log_of_any_size_the_newest_lines_are_kept(
    texts: list[str], most_lines: int, most_characters: int
) -> None:
    newest = NewestLines(most_lines, most_characters)
    for text in texts:
        newest.add(LogLine("stdout", "", text))
    kept = [line.text for line in newest.lines()]
    if kept and kept[0].startswith("[… "):
        assert int(kept[0].split()[1]) + len(kept) - 1 == len(texts)
        kept = kept[1:]
    assert kept == texts[len(texts) - len(kept) :]
    assert len(kept) <= most_lines
    assert len(kept) <= 1 or sum(map(len, kept)) <= most_characters
