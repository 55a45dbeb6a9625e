"""The commands of a log: which are under way, what each wrote, how each ended, what a host did last.

Kamal tells the end of a command only if it succeeded. One that failed, and was allowed to, is noticed when
the next one begins on its host.
"""

from collections import OrderedDict
from dataclasses import dataclass, replace

from backstaff.events.facts import HostState, Outcome
from backstaff.events.types import CommandRun, HostChanged, StepEnded, StepStarted
from backstaff.explain.words import duration
from backstaff.kamallog.commands import Kind, Meaning
from backstaff.kamallog.grammar import Finished, Running
from backstaff.kamallog.telling import Source, Teller

KEPT = 1000
"""How many commands of the past are remembered, for output that comes late."""

_SOURCES: dict[Kind, Source] = {Kind.HOOK: "hook", Kind.BUILD: "build", Kind.LOGS: "container"}
NO_END = "Kamal told no end of it, as of a command that failed and was allowed to"
_LONGEST = 160


@dataclass(frozen=True)
class Command:
    """A command as far as it is known. `took_s` is None until its end was told."""

    id: str
    line: str
    host: str
    role: str
    meaning: Meaning
    since_t: float
    took_s: float | None = None
    status: int | None = None

    @property
    def what(self) -> str:
        """The command in short: what it is for, and what about."""
        about = self.meaning.container or self.meaning.image
        return f"{self.meaning.step} {about}".rstrip()

    @property
    def short(self) -> str:
        """The command's own text, cut where it is long."""
        line = self.line.replace("\n", " ")
        return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"

    def seen(self, now_t: float, *, timed: bool) -> str:
        """How far it came by `now_t`: `pull shop:v1, done in 0.2 s`."""
        if self.took_s is not None:
            return f"{self.what}, done in {duration(self.took_s)}"
        since = f", which began {duration(now_t - self.since_t)} before" if timed else ""
        return f"{self.what}{since}, and has not ended"


class Commands:
    """Follows commands by their ids."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._open: dict[str, Command] = {}
        self._known: OrderedDict[str, Command] = OrderedDict()
        self._last: dict[str, Command] = {}
        self._connected: set[str] = set()
        self._failed: list[Command] = []

    @property
    def open(self) -> list[Command]:
        """The commands whose end is not known, oldest first."""
        return list(self._open.values())

    @property
    def last(self) -> Command | None:
        """The command that was told of last."""
        return next(reversed(self._known.values()), None)

    def last_on(self, host: str) -> Command | None:
        """The command that a host was told to run last."""
        return self._last.get(host)

    def of(self, id_: str) -> Command | None:
        """A command of the recent past."""
        return self._known.get(id_)

    def began(self, record: Running, meaning: Meaning, role: str) -> Command:
        """A command begins on a host."""
        now = self._teller.timeline.t
        command = Command(record.id, record.command, record.host, role, meaning, now)
        self._give_up(command)
        if command.host and command.host not in self._connected:
            self._teller.tell(HostChanged(host=command.host, state=HostState.CONNECTING))
        self._open[command.id] = command
        self._remember(command)
        detail = meaning.container or meaning.image or ("" if meaning.kind is Kind.HOOK else meaning.detail)
        self._teller.tell(StepStarted(step=meaning.step, host=command.host, role=role, detail=detail))
        return command

    def ended(self, record: Finished) -> Command | None:
        """A command tells its end; None for one that the log did not tell the beginning of."""
        known = self._known.get(record.id)
        if known is None:
            return None
        self._teller.timeline.reached(known.since_t + record.took_s)
        command = replace(known, took_s=record.took_s, status=record.status)
        self.answered(command.host)
        self._remember(command)
        if self._open.pop(record.id, None) is not None:
            self._step_ended(command, Outcome.DONE if record.status == 0 else Outcome.FAILED)
        self._command_run(command)
        return command

    def answered(self, host: str) -> None:
        """Something came from a host: there is a connection."""
        if host and host not in self._connected:
            self._connected.add(host)
            self._teller.tell(HostChanged(host=host, state=HostState.CONNECTED))

    def output(self, id_: str, text: str) -> Command | None:
        """A command wrote a line."""
        command = self._known.get(id_)
        if command is None:
            self._teller.output(text)
            return None
        self.answered(command.host)
        kind = command.meaning.kind
        source = _SOURCES.get(kind, "command")
        name = command.meaning.detail if kind is Kind.HOOK else ""
        self._teller.output(text, source, command.host, command.role, name)
        return command

    def fail(self, host: str, role: str = "", why: str = "") -> None:
        """What is open on a host, of one role if it is given, has failed; its status may be told later."""
        mine = [each for each in self._open.values() if each.host == host and (not role or each.role == role)]
        for command in mine:
            del self._open[command.id]
            self._failed.append(command)
            self._step_ended(command, Outcome.FAILED, why)

    def explain(self, host: str, status: int | None, error: str) -> None:
        """What failed on a host ended so."""
        self.fail(host, why=error.partition("\n")[0])
        for command in [each for each in self._failed if each.host == host]:
            self._failed.remove(command)
            self._command_run(replace(command, status=status), error)

    def join(self) -> None:
        """Kamal has gone on to another stage, for which it waited until all hosts were done."""
        for command in list(self._open.values()):
            self._forget(command)

    def settle(self) -> None:
        """What failed and was never explained is told as it is known."""
        for command in self._failed:
            self._command_run(command, "it failed; Kamal's error is not in the log")
        self._failed.clear()

    def _give_up(self, next_: Command) -> None:
        """A host goes on: what ran there before for the same role, or for none, is over."""
        for command in list(self._open.values()):
            same_role = not command.role or not next_.role or command.role == next_.role
            if command.host == next_.host and same_role:
                self._forget(command)

    def _forget(self, command: Command) -> None:
        del self._open[command.id]
        self._step_ended(command, Outcome.SKIPPED, NO_END)
        self._command_run(command, NO_END)

    def _remember(self, command: Command) -> None:
        self._known[command.id] = command
        self._known.move_to_end(command.id)
        if command.host:
            self._last[command.host] = command
        if len(self._known) > KEPT:
            self._known.popitem(last=False)

    def _step_ended(self, command: Command, outcome: Outcome, detail: str = "") -> None:
        took = command.took_s if command.took_s is not None else self._teller.timeline.t - command.since_t
        self._teller.tell(
            StepEnded(
                step=command.meaning.step,
                outcome=outcome,
                took_s=round(max(took, 0.0), 3),
                host=command.host,
                role=command.role,
                detail=detail,
            )
        )

    def _command_run(self, command: Command, error: str = "") -> None:
        took = command.took_s if command.took_s is not None else self._teller.timeline.t - command.since_t
        self._teller.tell(
            CommandRun(
                line=command.line,
                took_s=round(max(took, 0.0), 3),
                status=command.status,
                host=command.host,
                role=command.role,
                mutates=command.meaning.mutates,
                error=error,
            )
        )
