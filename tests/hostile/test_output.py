"""What a container writes, from Docker's socket to every place where it is kept or shown."""

import io
import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backstaff.console.line_store import LogEntry
from backstaff.events.bounded import LONGEST_TEXT, bounded
from backstaff.events.journal import JournalWriter
from backstaff.events.redact import MASK, Redactor
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.headless.line import Detail
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.hosts import docker_socket
from backstaff.hosts.docker_streams import FramedLog
from backstaff.hosts.protocol import LogLine
from tests.events.builders import START
from tests.hostile.hosts import a_real_run, guarded_host
from tests.hostile.words import UGLY, WORDS
from tests.hosts.fake_docker import fake_docker, frame
from tests.hosts.ssh_server import ServerSettings, ServerState
from tests.kamal.builders import a_config

AT = "2026-01-02T03:04:05.{:09d}Z"
INSPECTED = {"Id": "abc", "Name": "/app", "State": {"Status": "running"}, "Config": {"Tty": False}}
LONGEST_MESSAGE = 16 * 1024


def as_docker_sends(number: int, line: bytes, stream: int = 1) -> bytes:
    """A line in Docker's messages, each of at most 16 KiB and with a time."""
    text, at = line + b"\n", AT.format(number).encode() + b" "
    pieces = [text[place : place + LONGEST_MESSAGE] for place in range(0, len(text), LONGEST_MESSAGE)]
    return b"".join(frame(stream, at + piece) for piece in pieces)


def drives_a_terminal(text: str) -> set[str]:
    """Characters that do more than stand there; a line end apart."""
    moves = {"Cc", "Cs", "Zl", "Zp"}
    hidden = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
    return {each for each in text if each != "\n" and (unicodedata.category(each) in moves or each in hidden)}


class Ends:
    """Every place where a line ends up: printed lines, `--json`, the journal, the console's store."""

    def __init__(self, directory: Path) -> None:
        self.printed, self.records = io.StringIO(), io.StringIO()
        self.journal = JournalWriter(directory, "a-run", self._complain)
        self.shown: list[str] = []
        self.events: list[Event] = []
        self._complaints: list[str] = []
        self.sinks = (
            LineSink(Outlet(self.printed), detail=Detail.VERBOSE),
            JsonSink(Outlet(self.records)),
            self.journal,
            self._show,
            self.events.append,
        )

    def _complain(self, text: str) -> None:
        self._complaints.append(text)

    def _show(self, event: Event) -> None:
        if isinstance(event.body, Output):
            self.shown.append(LogEntry(at_t=event.t, text=event.body.text).text)

    def texts(self) -> list[str]:
        """The lines of output as events."""
        return [each.body.text for each in self.events if isinstance(each.body, Output)]

    def check(self) -> None:
        """Nothing drives a terminal; everything that was recorded can be read back, line by line."""
        self.journal.close()
        assert not self._complaints
        assert not drives_a_terminal(self.printed.getvalue())
        assert not drives_a_terminal(self.records.getvalue())
        assert not drives_a_terminal("".join(self.shown))
        kept = self.journal.path.read_bytes().split(b"\n")[:-1]
        assert [parse_line(line) for line in kept] == self.events
        assert [json.loads(line)["seq"] for line in self.records.getvalue().splitlines()] == [
            each.seq for each in self.events
        ]


async def test_hostile_lines_come_through_the_real_path_and_drive_nothing(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.docker_socket = tmp_path / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    ends = Ends(tmp_path / "runs")
    sent = b"".join(as_docker_sends(number, line, 1 + number % 2) for number, line in enumerate(WORDS))
    async with (
        fake_docker(settings.docker_socket) as docker,
        guarded_host(server, known_hosts, ends.sinks) as (run, host),
    ):
        docker.says("GET /containers/app/json", INSPECTED)
        docker.streams("GET /containers/app/logs", [sent])
        for line in await host.docker.read_logs("app"):
            run.stream.emit(Output(source="container", host="h1", role="web", text=line.text))

    texts = ends.texts()
    assert len(texts) == len(WORDS), "one event for each line, none lost and none split"
    assert all(len(text) < LONGEST_TEXT + 100 for text in texts)
    assert "[…" in texts[WORDS.index(b"x" * 1_100_000)]
    ends.check()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(UGLY, min_size=1, max_size=8))
def test_any_lines_from_dockers_stream_to_every_end(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    log = FramedLog()
    sent = b"".join(as_docker_sends(number, line) for number, line in enumerate(lines))
    read = [*log.feed(sent), *log.rest()]
    ends = Ends(tmp_path_factory.mktemp("runs"))
    sink_of = ends.sinks
    for seq, line in enumerate(read, 1):
        body = Redactor([]).body(Output(source="container", host="h1", role="web", text=line.text))
        for sink in sink_of:
            sink(Event(seq=seq, at=START, t=0.1 * seq, body=body))
    assert len(read) == len(lines)
    ends.check()


def test_a_text_of_any_length_becomes_an_event_of_bounded_length() -> None:
    assert bounded("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    cut = bounded("x" * (LONGEST_TEXT + 1_234))
    assert cut == "x" * LONGEST_TEXT + " […1,234 more characters left out]"


@given(st.integers(LONGEST_TEXT - 30, LONGEST_TEXT + 5))
def test_a_secret_where_a_long_text_is_cut_is_masked_all_the_same(place: int) -> None:
    text = "." * place + "swordfish" + "." * 100
    body = Redactor(["swordfish"]).body(Output(source="hook", text=text))
    assert isinstance(body, Output)
    assert "sword" not in body.text
    assert place > LONGEST_TEXT - len(MASK) or MASK in body.text


async def test_an_event_holds_no_text_without_a_bound() -> None:
    run = a_real_run(a_config())
    event = run.stream.emit(Output(source="container", text="\x00" * 10_000_000))
    assert len(event.to_line()) < 8 * LONGEST_TEXT


def test_a_stream_without_line_ends_is_read_in_bounded_memory() -> None:
    log = FramedLog()
    message = frame(1, AT.format(0).encode() + b" " + b"x" * LONGEST_MESSAGE)
    kept: list[LogLine] = []
    for _ in range(4_000):
        kept += log.feed(message)
    kept += log.rest()
    assert len(kept) == 1
    assert len(kept[0].text) < 1_100_000
