"""Phases and steps as events: each begins, each ends, each tells how long it took."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from backstaff.clock import Clock
from backstaff.errors import BackstaffError, Doomed, WaitExpired
from backstaff.events.facts import Outcome, Phase
from backstaff.events.stream import EventStream
from backstaff.events.types import PhaseEnded, PhaseStarted, StepEnded, StepStarted


def outcome_of(error: BaseException) -> Outcome:
    """How a piece of work ended that raised `error`."""
    match error:
        case asyncio.CancelledError():
            return Outcome.CANCELLED
        case WaitExpired():
            return Outcome.EXPIRED
        case Doomed():
            return Outcome.DOOMED
        case _:
            return Outcome.FAILED


class StepNote:
    """What a step found out, for its closing event."""

    def __init__(self) -> None:
        self.detail = ""
        self.outcome = Outcome.DONE

    def skip(self, detail: str) -> None:
        """The step had nothing to do, because of `detail`."""
        self.detail, self.outcome = detail, Outcome.SKIPPED


class Reporter:
    """Brackets work with the events that announce it."""

    def __init__(self, stream: EventStream, clock: Clock) -> None:
        self.stream = stream
        self._clock = clock

    @contextmanager
    def phase(self, phase: Phase, detail: str = "") -> Iterator[None]:
        """A phase of the run."""
        began = self._clock.now()
        self.stream.emit(PhaseStarted(phase=phase, detail=detail))
        outcome = Outcome.DONE
        try:
            yield
        except BaseException as error:
            outcome = outcome_of(error)
            raise
        finally:
            took = self._clock.now() - began
            self.stream.emit(PhaseEnded(phase=phase, outcome=outcome, took_s=took))

    @contextmanager
    def step(self, step: str, host: str = "", role: str = "", detail: str = "") -> Iterator[StepNote]:
        """A step on a host, or on this machine with an empty host."""
        began = self._clock.now()
        self.stream.emit(StepStarted(step=step, host=host, role=role, detail=detail))
        note = StepNote()
        try:
            yield note
        except BaseException as error:
            note.outcome = outcome_of(error)
            note.detail = error.what if isinstance(error, BackstaffError) else str(error)
            raise
        finally:
            self.stream.emit(
                StepEnded(
                    step=step,
                    outcome=note.outcome,
                    took_s=self._clock.now() - began,
                    host=host,
                    role=role,
                    detail=note.detail,
                )
            )
