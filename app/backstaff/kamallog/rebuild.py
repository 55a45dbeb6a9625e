"""From what the lines say to events: one record after the other, then the end."""

import re
from typing import assert_never

from backstaff.events.types import Notice, RunStarted
from backstaff.explain.program import KAMAL
from backstaff.kamallog.boots import Boots
from backstaff.kamallog.commands import Kind, meaning_of
from backstaff.kamallog.ending import Ending
from backstaff.kamallog.going import Command, Commands
from backstaff.kamallog.grammar import (
    Blank,
    Chunk,
    Finished,
    Framed,
    HostBlock,
    Interrupted,
    Logged,
    Loose,
    More,
    MoreOf,
    Raised,
    Record,
    Running,
    Said,
    Wire,
)
from backstaff.kamallog.locking import Lock
from backstaff.kamallog.messages import FAILED_TO_BOOT
from backstaff.kamallog.phases import Phases, announced
from backstaff.kamallog.planned import plan_of
from backstaff.kamallog.survey import Survey
from backstaff.kamallog.telling import Source, Teller
from backstaff.kamallog.waiting import Waits
from backstaff.kamallog.wrapping import Mark

UNKNOWN = "unknown"
_ON_HOST = re.compile(r".* on (?P<host>\S+?)(?:\.\.\.)?")
_DOCKER_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ")
_LOCK_KINDS = {Kind.LOCK, Kind.LOCK_STATUS, Kind.RUN_DIRECTORY}


class Rebuild:
    """Makes the events of a log. The survey goes on learning while records are taken, and is to know the
    beginning already."""

    def __init__(self, teller: Teller, survey: Survey, *, surveyed: int, run: str, held_back: bool) -> None:
        self._teller = teller
        self._survey = survey
        self._surveyed = surveyed
        self._planned: tuple[object, ...] = ()
        waits = Waits(teller)
        self._commands = Commands(teller)
        self._phases = Phases(teller)
        self._boots = Boots(teller, survey, self._phases, waits)
        self._lock = Lock(teller, survey, waits)
        self._ending = Ending(
            teller, survey, self._commands, self._phases, self._boots, self._lock, waits, held_back=held_back
        )
        self._log_of: Command | None = None
        self._begin(run)

    def take(self, record: Record) -> None:
        """Tell what a record says."""
        if self._surveyed > 0:
            self._surveyed -= 1
        else:
            self._survey.take(record)
            self._plan_anew()
        self._teller.timeline.saw(record.at)
        self._ending.line_at(record.at)
        self._told(record)

    def finish(self) -> None:
        """The log is at its end: tell how the run ended, or what was going on."""
        self._plan_anew()
        self._ending.tell()

    def _begin(self, run: str) -> None:
        survey = self._survey
        self._teller.tell(
            RunStarted(
                run=run,
                command=survey.command,
                service=survey.service or UNKNOWN,
                destination=survey.destination,
                version=survey.version,
                performer=survey.performer or UNKNOWN,
                tool_version=KAMAL,
                config_file=survey.line.config_file,
                argv=survey.words,
            )
        )
        if not self._teller.timeline.stamped:
            began = f"{self._teller.timeline.began:%Y-%m-%d %H:%M} UTC"
            text = (
                f"the log has no times: estimated from how long Kamal's commands took, beginning at {began}"
            )
            self._teller.tell(Notice(level="info", text=text))
        self._plan_anew()

    def _plan_anew(self) -> None:
        """Tell the plan when more of it has come to be known."""
        if self._survey.extent == self._planned:
            return
        self._planned = self._survey.extent
        plan = plan_of(self._survey)
        if plan is not None and plan != self._teller.board.plan:
            self._teller.tell(plan)

    def _told(self, record: Record) -> None:
        match record:
            case Running():
                self._running(record)
            case Finished():
                self._finished(record)
            case Chunk(id=id_, text=text):
                self._output(id_, text)
            case Logged(level=level, text=text):
                self._logged(level, text)
            case Said(text=text, host=host):
                self._said(text, host)
            case Raised():
                self._log_of = None
                self._ending.raised(record)
            case More():
                self._more(record)
            case Interrupted(signal=signal):
                self._ending.interrupted(signal)
                self._teller.output(record.lines[0])
            case Framed(mark=mark, text=text):
                self._framed(mark, text)
            case Loose(text=text):
                self._teller.output(text)
            case Wire() | HostBlock() | Blank():
                pass
            case _:
                assert_never(record)

    def _running(self, record: Running) -> None:
        meaning = meaning_of(record.command)
        if meaning.kind not in _LOCK_KINDS:
            self._lock.went_on()
        pair = self._survey.pair_of(record.host, meaning)
        role = pair[1] if pair else ""
        if not role and meaning.kind in {Kind.ENV_DIRECTORY, Kind.ASSETS}:
            role = self._boots.active_role(record.host)
        self._phases.command(meaning.kind, record.host)
        command = self._commands.began(record, meaning, role)
        self._boots.command_began(command)

    def _finished(self, record: Finished) -> None:
        command = self._commands.ended(record)
        if command is None:
            self._teller.output(record.lines[0])
            return
        if record.status == 0:
            self._boots.command_ended(command)
        if command.meaning.kind in {Kind.LOGS, Kind.HEALTH_LOG}:
            self._log_of = command

    def _output(self, id_: str, text: str) -> None:
        command = self._commands.output(id_, text)
        if command is not None:
            self._boots.version_told(command, text)

    def _logged(self, level: str, text: str) -> None:
        if found := FAILED_TO_BOOT.fullmatch(text.strip()):
            self._commands.fail(found["host"], found["role"])
        if self._boots.logged(text):
            return
        if level == "ERROR" and self._log_of is not None:
            self._container_line(text)
            return
        self._log_of = None
        on_host = _ON_HOST.fullmatch(text)
        host = on_host["host"] if on_host and on_host["host"] in self._survey.hosts else ""
        if level in {"WARN", "FATAL"}:
            self._teller.tell(Notice(level="warning", text=text, host=host))
        else:
            self._teller.output(text, host=host)

    def _container_line(self, text: str) -> None:
        """Kamal shows the log of a container that failed as one message with many lines."""
        of = self._log_of
        if of is not None:
            source: Source = "container" if of.meaning.kind is Kind.LOGS else "command"
            self._teller.output(_DOCKER_TIME.sub("", text, count=1), source, of.host, of.role)

    def _more(self, record: More) -> None:
        match record.of:
            case MoreOf.COMMAND:
                self._output(record.id, record.text)
            case MoreOf.WIRE:
                pass
            case MoreOf.ERROR:
                self._ending.more(record.text)
            case MoreOf.LOGGED if self._log_of is not None:
                self._container_line(record.text)
            case MoreOf.LOGGED | MoreOf.TRACE:
                self._teller.output(record.text)
            case MoreOf.HOST:
                self._teller.output(record.text, host=record.host)
            case _:
                assert_never(record.of)

    def _said(self, text: str, host: str) -> None:
        self._log_of = None
        is_stage = announced(text) is not None
        if is_stage:
            self._commands.join()
        of_lock = self._lock.said(text)
        if not of_lock:
            self._lock.went_on()
        self._phases.stage(text)
        if not (is_stage or of_lock or self._ending.said(text)):
            self._teller.output(text, host=host)

    def _framed(self, mark: Mark, text: str) -> None:
        if mark in {Mark.CANCELLED, Mark.EXIT}:
            self._ending.framed(mark, text)
