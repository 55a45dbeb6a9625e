"""Everything that reads what others wrote: how it is fed, and which end is a documented one."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncssh

from backstaff.config import load_config
from backstaff.config.erb import ErbSettings, render
from backstaff.config.host_address import parse_host
from backstaff.config.issues import IssueList
from backstaff.config.models import SecretNeed
from backstaff.config.secrets import SecretCommand, resolve_secrets
from backstaff.config.source_text import SourceText
from backstaff.errors import ConfigError, JournalError, RemoteError, SecretsError
from backstaff.events.board import Board
from backstaff.events.redact import Redactor
from backstaff.events.wire import parse_line
from backstaff.explain.proxy_log import ProbeResult, TargetState, parse_proxy_line
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink
from backstaff.hosts import docker_records as records
from backstaff.hosts import ssh_config
from backstaff.hosts.docker_follow import JSON_OBJECT, json_lines
from backstaff.hosts.docker_streams import FramedLog, FramedOutput, TerminalLog
from backstaff.hosts.pull_progress import PullMessage, PullTracker
from backstaff.kamal.audit import booted_versions
from backstaff.kamal.boot_script import created_container
from backstaff.kamal.lock import parse_details, parse_lock_report, parse_owner
from backstaff.kamal.proxy_list import parse_services
from backstaff.kamallog.masking import PatternRedactor
from backstaff.kamallog.read import events_of, read_kamal_log
from backstaff.replay.recording import Recording
from tests.config.builders import MINIMAL, NO_RUBY
from tests.events.builders import a_good_deploy
from tests.fuzz.loaded import use
from tests.hosts.fake_docker import frame, json_line
from tests.replay.journals import text_of

CONFIG_SEEDS = Path(__file__).parents[1] / "config"
KAMAL_LOGS = Path(__file__).parents[1] / "data" / "kamal"
AT = b"2026-01-02T03:04:05.000000001Z "


@dataclass(frozen=True)
class Target:
    """`feed` raises for nothing but a bug. `tokens` are words of the grammar."""

    feed: Callable[[bytes], object]
    seeds: Sequence[bytes]
    tokens: Sequence[str] = ()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _check_places(error: ConfigError, files: Mapping[Path, bytes]) -> None:
    assert error.issues
    for issue in error.issues:
        assert issue.message
        lines = _text(files[issue.file]).splitlines() or [""]
        # One past the last line and column is where something is missing.
        assert 0 <= issue.line <= len(lines) + 1, issue
        assert issue.column >= 0
        if 1 <= issue.line <= len(lines):
            assert issue.column <= len(files[issue.file]) + 2, issue


def config(data: bytes) -> None:
    """The loader: a configuration that works, or errors whose places are in the file."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "deploy.yml"
        file.write_bytes(data)
        try:
            loaded = load_config(file, None, environ=NO_RUBY, cwd=Path(directory))
        except ConfigError as error:
            _check_places(error, {file: data})
            return
        use(loaded)


def erb(data: bytes) -> None:
    """Templates without their YAML."""
    with TemporaryDirectory() as directory:
        issues = IssueList()
        source = SourceText(Path("deploy.yml"), _text(data))
        rendered = render(source, ErbSettings(NO_RUBY, Path(directory), 5.0), issues)
        assert rendered is not None or issues.issues
        if rendered is not None:
            for place in (0, len(rendered.text) // 2, len(rendered.text)):
                assert rendered.position(place).line <= _text(data).count("\n") + 2


async def _no_command(command: SecretCommand) -> str:
    return "out of a command"


def secrets(data: bytes) -> None:
    """A secrets file: values, or errors that name the file."""
    with TemporaryDirectory() as directory:
        (Path(directory) / ".kamal").mkdir()
        (Path(directory) / ".kamal/secrets").write_bytes(data)
        file = Path(directory) / "deploy.yml"
        file.write_text(MINIMAL)
        loaded = load_config(file, None, environ=NO_RUBY, cwd=Path(directory))
        needs = [SecretNeed("A", (), None)]
        try:
            asyncio.run(
                resolve_secrets(loaded, needs, environ={"OUTSIDE": "x"}, cwd=Path(directory), run=_no_command)
            )
        except SecretsError as error:
            told = str(error)
        else:
            return
    assert ".kamal/secrets" in told


def journal(data: bytes) -> None:
    """A recording: events and told damage, at every place, twice, the second time by its index."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "20261123-120000-abcd.jsonl"
        path.write_bytes(data)
        for _ in range(2):
            try:
                recording = Recording.open(path)
            except JournalError:
                return
            with recording:
                list(recording.make_index())
                entries = list(recording.entries())
                assert len(list(recording.entries_before(recording.size()))) == len(entries)
                recording.summary()
                moment = recording.moment_at(recording.length_t())
                sink = LineSink(Outlet(io.StringIO()), board=moment.board)
                sink.close()


def index(data: bytes) -> None:
    """The index of a sound journal, damaged: it is made anew, and tells the same."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "20261123-120000-abcd.jsonl"
        path.write_bytes(GOOD_JOURNAL)
        path.with_name(path.name + ".idx").write_bytes(data)
        path.with_name(path.name + ".idx").chmod(0o600)
        with Recording.open(path) as recording:
            list(recording.make_index())
            assert len(list(recording.entries())) == GOOD_JOURNAL.count(b"\n")


def event_line(data: bytes) -> None:
    """One line of a journal."""
    try:
        event = parse_line(data)
    except JournalError:
        return
    Board().fold(event)
    assert parse_line(event.to_line()) == event


def kamal_log(data: bytes) -> None:
    """What Kamal may have printed: events that a Board takes, whatever it is."""
    for whole in (False, True):
        board = Board()
        for event in events_of(_text(data).splitlines(keepends=True), whole=whole):
            assert parse_line(event.to_line()) == event
            board.fold(event)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "2026-11-23T09-15-00_deploy.log"
        path.write_bytes(data)
        try:
            list(read_kamal_log(path))
        except JournalError:
            return


def masking(data: bytes) -> None:
    """Masks by shape."""
    redactor = PatternRedactor()
    for line in _text(data).splitlines():
        redactor.line(line)
    Redactor(["swordfish", "a.b"]).text(_text(data))


def proxy_log(data: bytes) -> None:
    """A line of the proxy's log: about our target, or nothing."""
    found = parse_proxy_line(_text(data), "ef646845cff3:80")
    assert found is None or isinstance(found, ProbeResult | TargetState)


def read_ssh_config(data: bytes) -> None:
    """The ssh configuration: what is left of it, or asyncssh's own complaint."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "config"
        file.write_bytes(data.replace(b"exec", b"").replace(b"EXEC", b""))
        before = ssh_config.WORTH_IT
        ssh_config.WORTH_IT = 0
        try:
            ssh_config.read_for("h1", [str(file)], lambda files: [Path(each).read_text() for each in files])
        except (OSError, ValueError, asyncssh.ConfigParseError):
            return
        finally:
            ssh_config.WORTH_IT = before


async def _lines(data: bytes, cut: int) -> list[str]:
    async def chunks() -> AsyncIterator[bytes]:
        for place in range(0, len(data), cut):
            yield data[place : place + cut]

    return [line async for line in json_lines(chunks())]


def docker_json(data: bytes) -> None:
    """Docker's streams of JSON, events and pulls: records, or ValueError, wherever they are cut."""
    lines = asyncio.run(_lines(data, 7))
    assert lines == asyncio.run(_lines(data, 1 << 20))
    tracker = PullTracker()
    for line in lines:
        # The only one that a session with an engine takes for an answer without sense.
        with suppress(ValueError):
            records.event(JSON_OBJECT.validate_json(line))
        try:
            tracker.update(PullMessage.model_validate_json(line))
        except ValueError:
            continue


def docker_records(data: bytes) -> None:
    """Docker's answers: records, or ValueError."""
    try:
        record = JSON_OBJECT.validate_json(data)
    except ValueError:
        return
    for read in (records.container, records.container_summary, records.image, records.image_summary):
        try:
            read(record)
        except ValueError:
            continue
    try:
        records.has_terminal(record)
    except ValueError:
        return


def docker_frames(data: bytes) -> None:
    """Docker's multiplexed stream: lines, or ValueError."""
    for log in (FramedLog(), TerminalLog()):
        try:
            for place in range(0, len(data), 5):
                list(log.feed(data[place : place + 5]))
            list(log.rest())
        except ValueError:
            continue
    output = FramedOutput(100)
    try:
        output.feed(data)
    except ValueError:
        return
    output.text("stdout")


def host_answers(data: bytes) -> None:
    """What a host prints in answer to our scripts."""
    text = _text(data)
    parse_details(text)
    parse_owner(text)
    booted_versions(text, "web")
    for parse in (parse_lock_report, parse_services, created_container):
        try:
            parse(text)
        except RemoteError:
            continue


def host_names(data: bytes) -> None:
    """A host of deploy.yml: its parts, or ValueError."""
    try:
        address = parse_host(_text(data))
    except ValueError:
        return
    assert address.host


GOOD_JOURNAL = text_of(a_good_deploy().events)


def _good_index() -> bytes:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "20261123-120000-abcd.jsonl"
        path.write_bytes(GOOD_JOURNAL)
        with Recording.open(path) as recording:
            list(recording.make_index())
        kept = path.with_name(path.name + ".idx")
        return kept.read_bytes() if kept.exists() else b"backstaff index\n"


YAML = (
    "service",
    "servers",
    "web:",
    "  - h1\n",
    "env:",
    "clear:",
    "x-backstaff:",
    "&a ",
    "*a",
    "!ruby/object",
)
ERB = ("<%", "<%=", "%>", "-%>", "<%-", "<%#", "ENV", '["A"]', ".fetch", "||", "&&", "? ", "if ", "end", "=~")
LOG = (
    " INFO ",
    "DEBUG ",
    "Running ",
    " on h1",
    "ERROR ",
    "Finished in 1.0 seconds",
    "  \x1b[0m",
    "password=",
)

TARGETS: Mapping[str, Target] = {
    "config": Target(config, [MINIMAL.encode(), (CONFIG_SEEDS / "full.yml").read_bytes()], (*YAML, *ERB)),
    "erb": Target(erb, [b"a: <%= ENV['A'] || 'x' %>\n<% if true %>\nb: 1\n<% end %>\n"], ERB),
    "secrets": Target(
        secrets,
        [b"A=$(kamal secrets fetch x)\nexport B=\"a $A ${C} $(x (y) 'z')\"\nC='q' # c\n"],
        ("A=", "A=$(", "A='", 'A="', "export ", "$(", "$A", "${A}", "\\$", "\\n"),
    ),
    "journal": Target(journal, [GOOD_JOURNAL], ('"kind":"output"', '"v":1', '"seq":', '"t":-1')),
    "index": Target(index, [_good_index()]),
    "event line": Target(event_line, GOOD_JOURNAL.splitlines(), ('"v":2', '"kind":"failed"', '"at":')),
    "kamal log": Target(kamal_log, [each.read_bytes() for each in sorted(KAMAL_LOGS.glob("*.log"))], LOG),
    "masking": Target(
        masking,
        [b"docker login x -p hunter2 https://u:p@h/x?token=abc -----BEGIN PRIVATE KEY-----\n"],
        ("PASSWORD=", "://", "docker login ", " -p ", "Bearer ", "a.", "-"),
    ),
    "proxy log": Target(
        proxy_log,
        [b'{"msg":"Healthcheck failed","url":"http://ef646845cff3:80/up","error":"x"}'],
        ('"msg"', '"Target health updated"', '"target"', '"url"', "http://"),
    ),
    "ssh config": Target(
        read_ssh_config,
        [b"Host h1 h2\n  Port 22\nInclude config\nMatch host h1\n  User a\nHost *\n  Compression no\n"],
        ("Host ", "Match all", "Include ", "config", "*", "?", "!h1", '"h1"'),
    ),
    "docker json": Target(
        docker_json,
        [
            json_line(Action="die", Actor={"ID": "a", "Attributes": {"name": "x"}}, timeNano=1)
            + json_line(id="x", status="Downloading", progressDetail={"current": 1, "total": 2}),
        ],
        ("timeNano", "99999999999999999999", "-99999999999999999999", "Actor", "progressDetail"),
    ),
    "docker records": Target(
        docker_records,
        [
            b'{"Id":"a","Name":"/x","Names":["/x"],"State":{"Status":"running","Health":{"Status":"x"}}}',
            b'{"Id":"a","Config":{"Labels":{"a":"b"}},"RepoTags":["a:b"],"Created":5,"State":"dead"}',
        ],
        ("null", '"State":"running"', "[]"),
    ),
    "docker frames": Target(
        docker_frames, [frame(1, AT + b"one\n") + frame(2, AT + b"two") + frame(1, b"\n")], ("\x01\0\0\0",)
    ),
    "host answers": Target(
        host_answers,
        [
            b"@backstaff held\n@backstaff details TG9ja2Vk\n@backstaff owner {\"pid\":1}\n",
            b"Service  Host  Path  Target  State  TLS\napp-web  a,b  /  abc:80  running  no\n",
            b"[2026-11-23T12:00:00Z] [me] [web] Booted app version v1\n",
        ],
        ("@backstaff ", "@backstaff held", "Booted app version ", "Service", "Target"),
    ),
    "host names": Target(host_names, [b"me@[fe80::1%eth0]:22", b"h1:22"], ("@", "[", "]", "%", "::")),
}  # fmt: skip
