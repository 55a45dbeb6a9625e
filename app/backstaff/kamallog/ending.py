"""How a run ended: by Kamal's own last words, by what a CI system wrote, or in silence."""

import re
from datetime import datetime
from typing import Literal

from backstaff.errors import BackstaffError, ExitCode, LockHeld, RunCancelled
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard, HostState, LockState, Outcome, PairState, Phase
from backstaff.events.types import Failed, HostChanged, RunEnded, WaitExplained
from backstaff.explain.card import failure_card
from backstaff.kamallog.boots import Boots
from backstaff.kamallog.going import Commands
from backstaff.kamallog.grammar import Raised
from backstaff.kamallog.locking import Lock
from backstaff.kamallog.phases import Phases
from backstaff.kamallog.raised import HostFailure, KamalError, error_of, kamal_error, without_time
from backstaff.kamallog.silence import ENDS_HERE, LogEnd, Silence
from backstaff.kamallog.survey import Survey
from backstaff.kamallog.telling import Teller
from backstaff.kamallog.waiting import Waits
from backstaff.kamallog.wrapping import Mark

LOCK_CONFLICT = "Deploy lock already in place!"
TIMED = {"setup", "deploy", "redeploy", "rollback"}
"""The commands that tell at their end how long they took, also when they fail."""

_FINISHED_ALL = re.compile(r"Finished all in (?P<s>\d{1,9}\.\d+) seconds")
_COMPLETED = re.compile(r"# Completed in (?P<s>\d{1,9}(?:\.\d+)?)s")
_NOT_AVAILABLE = re.compile(r"The app version '.*' is not available as a container.*")
_MOST_LINES = 500
"""How many lines of an error are kept for its explanation; all are kept as output."""

_SIGNALS = {"Interrupt": "Ctrl-C"}
"""Ruby's names of signals where people have others."""

Verdict = Literal["done", "failed", "refused", "cancelled"]


class Ending:
    """Gathers what tells how a run ended, and tells it once the log is at its end."""

    def __init__(
        self,
        teller: Teller,
        survey: Survey,
        commands: Commands,
        phases: Phases,
        boots: Boots,
        lock: Lock,
        waits: Waits,
        *,
        held_back: bool,
    ) -> None:
        self._teller = teller
        self._survey = survey
        self._commands = commands
        self._phases = phases
        self._boots = boots
        self._lock = lock
        self._waits = waits
        self._held_back = held_back
        self._error = ""
        self._error_lines: list[str] = []
        self._error_is_timed = False
        self._signal = ""
        self._runtime_s: float | None = None
        self._completed = False
        self._not_available = ""
        self._exit: int | None = None
        self._cancelled = ""
        self._quiet_s = 0.0
        self._last_at: datetime | None = None
        self._before_last_s = 0.0

    def line_at(self, at: datetime | None) -> None:
        """A line has this time; the gap before the last one counts when a CI system ends the job."""
        if at is not None and self._last_at is not None:
            self._before_last_s = max(0.0, (at - self._last_at).total_seconds())
        self._last_at = at or self._last_at

    def raised(self, record: Raised) -> None:
        """The error that ended Kamal begins; the first one of several counts."""
        self._teller.output(record.lines[0])
        if not self._error:
            self._error, self._error_lines = record.error, [record.text]
            self._error_is_timed = record.timed

    def more(self, text: str) -> None:
        """The error goes on."""
        self._teller.output(text)
        if len(self._error_lines) < _MOST_LINES:
            self._error_lines.append(text)

    def interrupted(self, signal: str) -> None:
        """Kamal was ended by a signal."""
        self._signal = signal

    def framed(self, mark: Mark, text: str) -> None:
        """A CI system ended the job, or tells the exit code."""
        if mark is Mark.CANCELLED and not self._cancelled:
            self._cancelled, self._quiet_s = text, self._before_last_s
        if mark is Mark.EXIT:
            self._exit = int(text)

    def said(self, text: str) -> bool:
        """A stage that tells of the end; False for any other."""
        if found := _FINISHED_ALL.fullmatch(text):
            self._finished_all(float(found["s"]))
            return True
        if found := _COMPLETED.fullmatch(text):
            self._completed = True
            self._teller.timeline.reached(float(found["s"]))
            return True
        if _NOT_AVAILABLE.fullmatch(text):
            self._not_available = text
        return False

    def tell(self) -> None:
        """Tell the end: with a verdict where the log has one, else what was going on when it ends."""
        self._lock.settle()
        if self._signal:
            self._tell_cancelled()
        elif self._error:
            self._tell_error()
        elif self._not_available:
            error = BackstaffError(
                self._not_available, fix="backstaff rollback lists the versions that are left"
            )
            self._failed(error, "failed", ExitCode.FAILED)
        elif self._lock.state is LockState.HELD and LOCK_CONFLICT in self._survey.stages:
            self._failed(self._lock_held(), "refused", ExitCode.FAILED)
        elif self._is_complete():
            self._done()
        else:
            self._tell_silence()

    def _finished_all(self, seconds: float) -> None:
        """`setup` and hooks that call Kamal print this more than once; the longest is that of the whole."""
        self._runtime_s = max(seconds, self._runtime_s or 0.0)
        self._teller.timeline.reached(seconds)

    def _is_complete(self) -> bool:
        """Whether the log shows the run to its end, and nothing in it says that it failed.

        What a CI system says of the job counts only where Kamal tells no end: other steps may follow."""
        if any(pair.state is PairState.FAILED for pair in self._teller.board.pairs.values()):
            return False
        if self._survey.command in TIMED:
            told = self._runtime_s is not None or self._completed
            return told and Phase.FINISH in self._phases.seen
        if self._completed:
            return True
        going_on = self._lock.state is LockState.OURS or self._waits.at_barrier() or self._commands.open
        began = self._survey.stages or self._survey.hosts
        return bool(began) and not (going_on or self._cancelled or self._exit)

    def _done(self) -> None:
        self._waits.end_all(Outcome.DONE)
        self._phases.end(Outcome.DONE)
        self._commands.settle()
        self._end("done", ExitCode.DONE)

    def _tell_cancelled(self) -> None:
        """Whoever ended Kamal mostly did so because it waited: what for is part of the card."""
        error = RunCancelled(f"Kamal was ended by {_SIGNALS.get(self._signal, self._signal)}")
        waited: FailureCard | None = None
        if self._waits.at_barrier():
            silence = self._silence()
            self._explain(silence)
            waited = silence.card(f"{error.what}; ")
        self._waits.end_all(Outcome.CANCELLED)
        self._lock.left_behind()
        self._commands.settle()
        self._phases.end(Outcome.CANCELLED)
        card = self._card_of(error)
        if waited is not None:
            told = {"cause": waited.cause, "evidence": waited.evidence, "fix": waited.fix}
            card = card.model_copy(update=told)
        code = ExitCode.TERMINATED if self._signal == "SIGTERM" else ExitCode.INTERRUPTED
        self._card_and_end(card, "cancelled", code)

    def _tell_error(self) -> None:
        lines = self._error_lines
        told = kamal_error(self._error, without_time(lines) if self._error_is_timed else lines)
        for failure in told.failures:
            self._blame(told, failure)
        board = self._teller.board
        telling = [
            host
            for host in board.hosts
            for role in _roles(board, host)
            if board.tail("container", host, role)
        ]
        error = error_of(told, self._lock.details, telling)
        if isinstance(error, LockHeld):
            error.where = self._survey.lock_host
        verdict: Verdict = "refused" if isinstance(error, LockHeld) else "failed"
        self._failed(error, verdict, ExitCode.FAILED)

    def _blame(self, told: KamalError, failure: HostFailure) -> None:
        """Tell of the host that failed what is known now: its command's status, its pair's reason."""
        if not failure.host or failure.halted:
            return
        if failure.status is None and error_of(told).exit_code is ExitCode.UNREACHABLE:
            state = HostState.UNREACHABLE
            self._teller.tell(HostChanged(host=failure.host, state=state, detail=failure.what))
        self._commands.explain(failure.host, failure.status, "\n".join((failure.what, *failure.output)))
        failed = [
            pair
            for pair in self._teller.board.pairs_on(failure.host)
            if pair.state is PairState.FAILED or self._is_booting((pair.host, pair.role), pair.state)
        ]
        for pair in failed:
            self._boots.failed((pair.host, pair.role), failure.what)

    def _is_booting(self, pair: tuple[str, str], state: PairState) -> bool:
        return pair in self._boots.begun and not state.final and self._phases.now is Phase.BOOT

    def _failed(self, error: BackstaffError, verdict: Verdict, code: ExitCode) -> None:
        self._waits.end_all(Outcome.FAILED)
        self._lock.left_behind()
        self._commands.settle()
        self._phases.end(Outcome.FAILED)
        self._card_and_end(self._card_of(error), verdict, code)

    def _card_of(self, error: BackstaffError) -> FailureCard:
        card = failure_card(self._teller.board, error)
        return card.model_copy(update={"retry": "" if self._survey.command not in TIMED else card.retry})

    def _lock_held(self) -> BackstaffError:
        error = error_of(kamal_error("LockError", ()), self._lock.details)
        error.where = self._survey.lock_host
        return error

    def _card_and_end(self, card: FailureCard, verdict: Verdict, code: ExitCode) -> None:
        self._teller.tell(Failed(card=card))
        self._end(verdict, self._exit or code)

    def _end(self, verdict: Verdict, code: int) -> None:
        took = self._runtime_s if self._runtime_s is not None else self._teller.timeline.t
        self._teller.tell(RunEnded(exit_code=int(code), verdict=verdict, took_s=took))

    def _tell_silence(self) -> None:
        """Explain every open wait, then the end. There is no verdict: the run's end is not in the log."""
        self._commands.settle()
        silence = self._silence()
        self._explain(silence)
        self._teller.tell(Failed(card=silence.card(f"{ENDS_HERE}; ")))

    def _silence(self) -> Silence:
        end = LogEnd(
            cancelled=self._cancelled,
            quiet_s=self._quiet_s,
            at_t=self._teller.timeline.t,
            held_back=self._held_back and not self._signal,
            timed=self._teller.timeline.stamped,
            begun=self._boots.begun,
        )
        return Silence(self._teller.board, self._survey, self._commands, end)

    def _explain(self, silence: Silence) -> None:
        board = self._teller.board
        for number, why in silence.waits().items():
            left = board.waits[number].left_s(self._teller.timeline.t)
            self._teller.tell(WaitExplained(wait=number, why=why, left_s=left))


def _roles(board: Board, host: str) -> list[str]:
    return [pair.role for pair in board.pairs_on(host)]
