"""The lines that Kamal writes, told apart; seen in Kamal 2.11 and read in the sources of others.

SSHKit writes `LEVEL [id] message` for commands and `LEVEL message` for the rest, Kamal's stages come bare. A
message may have several lines, of which only the first has the level: the others are `More` of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from backstaff.kamallog.wrapping import Line, Mark

LONGEST_COMMAND = 40
"""Over how many lines a command may go on, until it is taken for something else."""

LOCAL = "localhost"


@dataclass(frozen=True)
class Read:
    """Base of what is read: `lines` are the lines that say it, without their wrapping."""

    lines: tuple[str, ...] = field(kw_only=True)
    at: datetime | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Running(Read):
    """A command begins. An empty host means the machine where Kamal runs."""

    id: str
    command: str
    host: str


@dataclass(frozen=True)
class Finished(Read):
    """A command ended and told its exit status."""

    id: str
    took_s: float
    status: int


@dataclass(frozen=True)
class Wire(Read):
    """A command as it is sent; tells nothing that `Running` did not."""

    id: str


@dataclass(frozen=True)
class Chunk(Read):
    """A line that a command wrote, told with `--verbose` alone."""

    id: str
    text: str


@dataclass(frozen=True)
class Logged(Read):
    """A message with a level."""

    level: str
    text: str


@dataclass(frozen=True)
class Raised(Read):
    """The error that ended Kamal: its class, and the first line of what it says.

    With `timed` it is from a log file of Kamal's own, where the time that all took is the end of it."""

    error: str
    text: str
    timed: bool = False


class MoreOf(StrEnum):
    """What a line without a level goes on with."""

    COMMAND = "command"
    WIRE = "wire"
    ERROR = "error"
    LOGGED = "logged"
    HOST = "host"
    TRACE = "trace"


@dataclass(frozen=True)
class More(Read):
    """A further line. `id` is that of the command whose output goes on, `host` that of a block by host."""

    of: MoreOf
    text: str
    id: str = ""
    host: str = ""


@dataclass(frozen=True)
class Said(Read):
    """A line of Kamal's own without a level: a stage, the time it took, the lock's details.

    `host` is that of the block by host that it stands in."""

    text: str
    host: str = ""


@dataclass(frozen=True)
class HostBlock(Read):
    """`App Host: h1`: what follows up to an empty line was written there."""

    host: str


@dataclass(frozen=True)
class Interrupted(Read):
    """The trace of a Ruby program that was ended by Ctrl-C or a signal."""

    signal: str


@dataclass(frozen=True)
class Framed(Read):
    """A line of a CI system or of `script`."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Blank(Read):
    """A line with nothing on it."""


@dataclass(frozen=True)
class Loose(Read):
    """A line that nothing is known of."""

    text: str


Record = (
    Running
    | Finished
    | Wire
    | Chunk
    | Logged
    | Raised
    | More
    | Said
    | HostBlock
    | Interrupted
    | Framed
    | Blank
    | Loose
)
"""What one or more lines say."""


_COMMAND = re.compile(r"\s*(?P<level>DEBUG|INFO|WARN|ERROR|FATAL) \[(?P<id>[0-9a-f]{8})\] (?P<text>.*)")
_RUNNING = re.compile(r"Running (?P<command>.*) (?:on|as (?P<user>[^\s@]+)@) ?(?P<host>\S+)", re.DOTALL)
_FINISHED = re.compile(
    r"Finished in (?P<took>\d{1,9}\.\d+) seconds with exit status (?P<status>\d{1,9})"
    r" \((?:successful|failed)\)\.?\s*"
)
_TRAILER = "# FAILED: "
_RAISED = re.compile(rf"(?:\s*ERROR \(|{_TRAILER})(?P<error>[A-Z][\w:]*)\)?: ?(?P<text>.*)")
_LOGGED = re.compile(r"\s{0,2}(?P<level>DEBUG|INFO|WARN|ERROR|FATAL) (?P<text>.*)")
_BLOCK = re.compile(r"(?:App|Proxy|Accessory \S+) Host: (?P<host>\S+)\s*")
_SAYS = re.compile(
    r"\s*(?:"
    r"Log into image registry\.\.\.|Build and push app image\.\.\.|Pull app image\.\.\."
    r"|Building from a local git clone.*|Building with uncommitted changes.*|Pulling image on .*\.\.\."
    r"|Ensure (?:kamal-proxy|Traefik) is running\.\.\.|Ensure (?:curl and )?Docker (?:is|are) installed\.\.\."
    r"|(?:Evaluate and p|P)ush env files\.\.\.|Detect stale containers\.\.\."
    r"|Get most recent version available as an image\.\.\.|Start container with version .*"
    r"|Get current version of running container\.\.\."
    r"|Acquiring the deploy lock.*|Deploy lock already in place!|Deploy lock is held by:|Retrying in \d+s .*"
    r"|Timed out after \d+s waiting for the deploy lock|Releasing the deploy lock\.\.\."
    r"|Error releasing the deploy lock: .*|Locked by: .*|Version: \S.*|Message: .*"
    r"|Acquired the deploy lock|Released the deploy lock|There is no deploy lock"
    r"|Running the \S+ hook\.\.\.|Prune old containers and images\.\.\."
    r"|Detected stale container for role .*|Stopping stale container for role .*"
    r"|The app version '.*' is not available as a container .*|Aborted"
    r"|Finished all in \d{1,9}\.\d+ seconds|# Completed in .*s|Logs (?:written|sent) to .*"
    r")\s*"
)
_TRACE = re.compile(r"\s*(?:from )?/?[^\s:]+:\d+:in ['`].*")
_INTERRUPT = re.compile(r".*:\d+:in ['`].*': (?P<signal>Interrupt|SIG\w+)(?:: .*)? ?(?:\((?:\w+)\))?|\^C.*")


def is_kamals(line: Line) -> bool:
    """Whether hardly anything but Kamal writes such a line."""
    text = line.text
    command = _COMMAND.fullmatch(text)
    if command is not None:
        return command["text"].startswith(("Running ", "Finished in "))
    told = text.strip()
    return bool(_RAISED.fullmatch(text) and ("SSHKit" in text or "Kamal" in text)) or (
        told
        in {"Acquiring the deploy lock...", "Releasing the deploy lock...", "Deploy lock already in place!"}
        or (
            told.startswith("Start container with version ")
            and told.endswith("(or reboot if already running)...")
        )
    )


def records(lines: Iterable[Line]) -> Iterator[Record]:
    """What the lines say, in their order; every line is in exactly one record."""
    parser = _Parser()
    for line in lines:
        yield from parser.take(line)
    yield from parser.rest()


class _Parser:
    """Knows what the line before was, for those that go on with it."""

    def __init__(self) -> None:
        self._goes_on: More | None = None
        self._unfinished: list[Line] = []

    def take(self, line: Line) -> Iterator[Record]:
        if self._unfinished:
            if line.mark is None and not _begins_anew(line.text):
                yield from self._lengthen(line)
                return
            yield from self.rest()
        record = self._record(line)
        if record is not None:
            yield record

    def rest(self) -> Iterator[Record]:
        """The lines of a command that never came to its end."""
        held, self._unfinished = self._unfinished, []
        for line in held:
            yield Loose(line.text, lines=(line.text,), at=line.at)

    def _lengthen(self, line: Line) -> Iterator[Record]:
        self._unfinished.append(line)
        texts = [each.text for each in self._unfinished]
        first = _COMMAND.fullmatch(texts[0])
        whole = _RUNNING.fullmatch("\n".join([first["text"], *texts[1:]])) if first else None
        if first is not None and whole is not None:
            yield _running(first["id"], whole, tuple(texts), self._unfinished[0].at)
            self._unfinished = []
        elif len(texts) > LONGEST_COMMAND:
            yield from self.rest()

    def _record(self, line: Line) -> Record | None:
        """The record that a line is; None while it is the beginning of one."""
        text, here = line.text, (line.text,)
        if line.mark is not None:
            self._goes_on = None
            return Framed(line.mark, text, lines=here, at=line.at)
        if command := _COMMAND.fullmatch(text):
            return self._command(line, command)
        if raised := _RAISED.fullmatch(text):
            self._goes_on = More(MoreOf.ERROR, "", lines=())
            timed = text.startswith(_TRAILER)
            return Raised(raised["error"], raised["text"], timed, lines=here, at=line.at)
        if logged := _LOGGED.fullmatch(text):
            self._goes_on = More(MoreOf.LOGGED, "", lines=())
            return Logged(logged["level"], logged["text"], lines=here, at=line.at)
        return self._bare(line)

    def _bare(self, line: Line) -> Record:
        """A line without a level."""
        text, here, goes_on = line.text, (line.text,), self._goes_on
        if not text.strip():
            if goes_on is None or goes_on.of is not MoreOf.ERROR:
                self._goes_on = None
            return Blank(lines=here, at=line.at)
        if interrupt := _INTERRUPT.fullmatch(text):
            self._goes_on = None
            return Interrupted(interrupt["signal"] or "Interrupt", lines=here, at=line.at)
        if _SAYS.fullmatch(text):
            if goes_on is not None and goes_on.of is MoreOf.HOST:
                return Said(text.strip(), goes_on.host, lines=here, at=line.at)
            self._goes_on = None
            return Said(text.strip(), lines=here, at=line.at)
        if block := _BLOCK.fullmatch(text):
            self._goes_on = More(MoreOf.HOST, "", host=block["host"], lines=())
            return HostBlock(block["host"], lines=here, at=line.at)
        if _TRACE.fullmatch(text):
            return More(MoreOf.TRACE, text, lines=here, at=line.at)
        if goes_on is not None:
            return More(goes_on.of, text, goes_on.id, goes_on.host, lines=here, at=line.at)
        return Loose(text, lines=here, at=line.at)

    def _command(self, line: Line, found: re.Match[str]) -> Record | None:
        """A line of a command: its beginning, its end, or what it wrote."""
        id_, text, here = found["id"], found["text"], (line.text,)
        self._goes_on = More(MoreOf.COMMAND, "", id_, lines=())
        if text.startswith("Running "):
            running = _RUNNING.fullmatch(text)
            if running is None:
                self._goes_on = None
                self._unfinished = [line]
                return None
            return _running(id_, running, here, line.at)
        if finished := _FINISHED.fullmatch(text):
            self._goes_on = None
            return Finished(id_, float(finished["took"]), int(finished["status"]), lines=here, at=line.at)
        if text.startswith("Command: "):
            self._goes_on = More(MoreOf.WIRE, "", id_, lines=())
            return Wire(id_, lines=here, at=line.at)
        return Chunk(id_, text.removeprefix("\t"), lines=here, at=line.at)


def _begins_anew(text: str) -> bool:
    """Whether a line can not be the middle of a command."""
    patterns = (_COMMAND, _RAISED, _LOGGED, _SAYS, _BLOCK)
    return any(pattern.fullmatch(text) for pattern in patterns)


def _running(id_: str, found: re.Match[str], lines: tuple[str, ...], at: datetime | None) -> Running:
    """Kamal's own machine is named with its user, and so are hosts whose user stands in deploy.yml."""
    host, user = found["host"], found["user"]
    named = "" if user and host == LOCAL else f"{user}@{host}" if user else host
    return Running(id_, found["command"], named, lines=lines, at=at)
