"""What a log tells of its run as a whole, gathered before the first event is made from it.

Kamal prints no plan: hosts, roles, groups and the barrier are read off what it did.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backstaff.events.bounds import can_be
from backstaff.kamallog.command_line import CommandLine
from backstaff.kamallog.commands import Kind, Meaning, meaning_of
from backstaff.kamallog.grammar import Finished, Framed, Logged, More, MoreOf, Raised, Record, Running, Said
from backstaff.kamallog.messages import (
    FAILED_TO_BOOT,
    HEALTHY,
    OPENED,
    PASSED,
    SHUT,
    START,
    TURNED_AWAY,
    WAITING,
)
from backstaff.kamallog.names import Names
from backstaff.kamallog.raised import kamal_error, without_time
from backstaff.kamallog.wrapping import Mark

Pair = tuple[str, str]
"""A host and a role on it."""

USUAL_DEPLOY_S = 30.0
USUAL_DRAIN_S = 30.0
"""What Kamal takes where deploy.yml sets no timeouts."""

_AUDIT = re.compile(r'echo "\[(?P<at>[^\]]+)\] \[(?P<performer>[^\]]+)\]')
_PAIR_TELLING = (WAITING, PASSED, TURNED_AWAY, FAILED_TO_BOOT)
_BOOT_KINDS = {Kind.FIND, Kind.CURRENT, Kind.RENAME, Kind.RUN, Kind.STATUS, Kind.PROXY_DEPLOY}
_ONLY_IN_BOOT = {Kind.RENAME, Kind.RUN, Kind.PROXY_DEPLOY, Kind.STATUS}


@dataclass
class Survey:
    """What is known so far. `gate` is None until a barrier is spoken of, and empty where Kamal itself knew of
    no role that could open it. `booting` are the pairs in the order in which their boots began, `before` the
    versions that they replaced, `failures` what Kamal says at its end of hosts that failed."""

    names: Names = field(default_factory=Names)
    line: CommandLine = field(default_factory=CommandLine)
    service: str = ""
    destination: str = ""
    version: str = ""
    performer: str = ""
    gate: str | None = None
    began: datetime | None = None
    hosts: dict[str, None] = field(default_factory=dict)
    pairs: dict[Pair, None] = field(default_factory=dict)
    proxied: set[str] = field(default_factory=set)
    proxy_hosts: set[str] = field(default_factory=set)
    run_directory: list[str] = field(default_factory=list)
    groups: list[list[str]] = field(default_factory=list)
    stages: dict[str, None] = field(default_factory=dict)
    kinds: set[Kind] = field(default_factory=set)
    limits: tuple[float, float] = (USUAL_DEPLOY_S, USUAL_DRAIN_S)
    booting: dict[Pair, None] = field(default_factory=dict)
    booted: set[Pair] = field(default_factory=set)
    in_boot: bool = False
    looked_before_boot: bool = False
    before: dict[Pair, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    _going: dict[str, tuple[Kind, Pair]] = field(default_factory=dict)
    _polled: Pair | None = None

    @classmethod
    def of(cls, records: Sequence[Record]) -> "Survey":
        """What the beginning of a log tells. Names are learned first: they are used before they are told."""
        survey = cls()
        for record in records:
            if isinstance(record, Running):
                meaning = meaning_of(record.command)
                survey.names.learn(meaning.prefix, meaning.role)
        for record in records:
            survey.take(record)
        survey.failures = _failures(records)
        return survey

    def take(self, record: Record) -> None:
        """Learn what a record tells."""
        if self.began is None and record.at is not None:
            self.began = record.at
        match record:
            case Running():
                self._running(record)
            case Finished(id=id_):
                self._finished(id_)
            case Logged(text=text):
                self._logged(text)
            case Said(text=text):
                self._said(text)
            case Framed(mark=Mark.COMMAND, text=text):
                self._command(text)
            case _:
                pass

    def pair_of(self, host: str, meaning: Meaning) -> Pair | None:
        """The pair that a command works on, None where its role is not known."""
        role = meaning.role or self.names.role_of(meaning.prefix)
        if not role and meaning.container:
            named = self.names.named(meaning.container)
            role = named.role if named else ""
        return (host, role) if host and role else None

    def hosts_of(self, role: str) -> list[str]:
        """The hosts of a role, in the order in which they were told of."""
        return [host for host, each in self.pairs if each == role]

    @property
    def command(self) -> str:
        """The command that was run, as the log tells or as its stages give away."""
        return self.line.command or self._guessed()

    @property
    def words(self) -> tuple[str, ...]:
        """The command line as it was given, else one that says the same."""
        destination = ("-d", self.destination) if self.destination else ()
        return self.line.words or (*self.command.split(), *destination)

    @property
    def extent(self) -> tuple[object, ...]:
        """Changes when more is known of what makes up the plan."""
        return (len(self.pairs), len(self.booting), len(self.proxied), len(self.hosts), self.gate)

    @property
    def lock_host(self) -> str:
        """Where the lock is: Kamal takes the first host of its primary role, which it goes to first."""
        gates = self.hosts_of(self.gate) if self.gate else []
        return next(iter([*[host for host in self.run_directory if host in gates], *self.run_directory]), "")

    def roles_without_end(self) -> list[Pair]:
        """The pairs whose boot began and was not told to have ended."""
        return [pair for pair in self.booting if pair not in self.booted]

    def began_boot(self, pair: Pair) -> None:
        """A pair's boot begins. Groups follow each other: a host that begins when all that began before it
        have ended belongs to the next group."""
        self.pairs.setdefault(pair)
        if pair in self.booting:
            return
        self.booting[pair] = None
        host = pair[0]
        if any(host in group for group in self.groups):
            return
        if not self.groups or not self._goes_on(self.groups[-1]):
            self.groups.append([])
        self.groups[-1].append(host)

    def ended_boot(self, pair: Pair) -> None:
        """A pair was told to have ended its boot, well or not."""
        self.booted.add(pair)

    def _goes_on(self, group: list[str]) -> bool:
        """Whether the boot of any pair on the hosts of a group is not over."""
        return any(host in group for host, _ in self.roles_without_end())

    def _running(self, record: Running) -> None:
        meaning, host = meaning_of(record.command), record.host
        self.kinds.add(meaning.kind)
        if host:
            self.hosts.setdefault(host)
        self.service = self.service or meaning.service
        self.destination = self.destination or meaning.destination
        self.names.learn(meaning.prefix, meaning.role)
        self.limits = meaning.limits or self.limits
        if meaning.kind in {Kind.RUN, Kind.PULL} and not self.version:
            self.version = meaning.version
        if meaning.kind is Kind.RUN_DIRECTORY and host not in self.run_directory:
            self.run_directory.append(host)
        if meaning.kind in {Kind.PROXY_VERSION, Kind.PROXY_START}:
            self.proxy_hosts.add(host)
        if audit := _AUDIT.search(record.command):
            self.performer = self.performer or audit["performer"]
            self.began = self.began or _utc(audit["at"])
        pair = self.pair_of(host, meaning)
        if pair is not None:
            self._boot(meaning, pair)
            if meaning.kind in {Kind.PROXY_DEPLOY, Kind.STATUS}:
                self._going[record.id] = (meaning.kind, pair)

    def _boot(self, meaning: Meaning, pair: Pair) -> None:
        if meaning.kind is Kind.LIST:
            self.pairs.setdefault(pair)
        if meaning.kind is Kind.PROXY_DEPLOY:
            self.proxied.add(pair[1])
        self.in_boot = self.in_boot or meaning.kind in _ONLY_IN_BOOT
        self.looked_before_boot |= meaning.kind is Kind.FIND and not self.in_boot
        if self.in_boot and meaning.kind in _BOOT_KINDS:
            self.began_boot(pair)
        if meaning.kind is Kind.STOP and pair in self.booting:
            self.ended_boot(pair)
            named = self.names.named(meaning.container)
            if named is not None and (named.replaced or named.version != self.version):
                self.before.setdefault(pair, named.original)

    def _finished(self, id_: str) -> None:
        kind, pair = self._going.pop(id_, (Kind.OTHER, ("", "")))
        if kind is Kind.PROXY_DEPLOY:
            self.ended_boot(pair)
        if kind is Kind.STATUS:
            self._polled = pair

    def _logged(self, text: str) -> None:
        for pattern in _PAIR_TELLING:
            if found := pattern.fullmatch(text.strip()):
                self.in_boot = True
                self.began_boot((found["host"], found["role"]))
                if pattern in {TURNED_AWAY, FAILED_TO_BOOT}:
                    self.ended_boot((found["host"], found["role"]))
        for pattern in (WAITING, PASSED, TURNED_AWAY, OPENED, SHUT):
            if found := pattern.fullmatch(text.strip()):
                self.gate = self.gate or found["gate"]
        if found := OPENED.fullmatch(text.strip()):
            self.ended_boot((found["host"], found["gate"]))
        if text.strip() == HEALTHY and self._polled is not None:
            self.ended_boot(self._polled)

    def _said(self, text: str) -> None:
        self.stages.setdefault(text)
        if found := START.fullmatch(text):
            self.in_boot = True
            self.version = self.version or found["version"]

    def _command(self, text: str) -> None:
        """The first command line that is told; later ones are those of hooks and of further runs."""
        if not self.line.words:
            self.line = CommandLine.of(text)
            self.destination = self.destination or self.line.destination
            self.version = self.line.version or self.version

    def _guessed(self) -> str:
        stages = set(self.stages)
        if "Ensure Docker is installed..." in stages:
            return "setup"
        if any(each.startswith(("Ensure kamal-proxy", "Ensure Traefik", "Prune old")) for each in stages):
            return "deploy"
        if "Detect stale containers..." in stages and next(iter(self.stages)).startswith("Detect"):
            return "deploy"
        if self.looked_before_boot and not {Kind.LIST, Kind.PULL} & self.kinds:
            return "rollback"
        if {Kind.PULL, Kind.BUILD} & self.kinds or {
            "Pull app image...",
            "Build and push app image...",
        } & stages:
            return "redeploy" if {Kind.LIST, Kind.RUN} & self.kinds else "deploy"
        return "app boot" if self.in_boot else "deploy"


def _failures(records: Sequence[Record]) -> dict[str, str]:
    """What Kamal's last words say of each host."""
    name, lines, timed = "", [], False
    for record in records:
        match record:
            case Raised(error=error, text=text) if not name:
                name, lines, timed = error, [text], record.timed
            case More(of=MoreOf.ERROR, text=text) if name:
                lines.append(text)
            case _:
                pass
    failures = kamal_error(name, without_time(lines) if timed else lines).failures if name else ()
    return {each.host: each.what for each in failures if each.host and not each.halted}


def _utc(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at if can_be(at) else None
