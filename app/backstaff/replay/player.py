"""Playing a recorded run: where in it one is, which events are due by now, and ways to get elsewhere."""

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import monotonic

from backstaff.errors import JournalError
from backstaff.events.types import Event, RunEnded
from backstaff.replay.entries import Damage, Entry
from backstaff.replay.marks import Mark, MarkKind
from backstaff.replay.recording import Moment, Recording

SPEEDS = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
"""How many times as fast as it happened."""
MOST_AT_ONCE = 500
ASKS_EVERY_S = 0.5
"""How often it is asked at the end of a journal whether its run goes on."""

Seek = Generator[int, None, Moment]
"""A way to another place, a few milliseconds at a time; yields at which byte it is, returns what is there."""


class Motion(StrEnum):
    """What becomes of the place by itself."""

    PAUSED = "paused"
    PLAYING = "playing"
    FOLLOWING = "following"


@dataclass(frozen=True)
class Clocks:
    """`seconds` only grows; `wall` is the time of day, aware."""

    seconds: Callable[[], float] = monotonic
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)


class Player:
    """A place in a recording, which moves as it is played.

    `offset` is the byte at which the events begin that are not yet shown: the Board of the place is that of
    all events before it. `goes_on` tells whether somebody still writes the journal: at its end the player
    then follows, and takes events as they come. Methods that read raise `JournalError`."""

    def __init__(
        self, recording: Recording, goes_on: Callable[[], bool] = lambda: False, clocks: Clocks | None = None
    ) -> None:
        self.recording = recording
        self.offset = 0
        self.motion = Motion.PAUSED
        self.speed = 1.0
        self._goes_on = goes_on
        self._clocks = clocks or Clocks()
        self._t = 0.0
        self._since = 0.0
        """While it moves: when on the clock it was at `_t`."""
        self._shown: Event | None = None
        """The last event before the place, where that is known."""
        self._next: Entry | None = None
        self._ahead: Iterator[Entry | Damage] = iter(())
        self._asked_at = -ASKS_EVERY_S
        self._index_steps: Iterator[int] = iter(())
        self._indexed_to = -1
        self._marks_to = -1
        self._known_marks: list[Mark] = []
        """By where they happen, as far as the index covered when they were last asked for."""

    @property
    def knows_all(self) -> bool:
        """Whether the index covers all of the run as it is now; never that of a log that could not be read
        to its end."""
        recording = self.recording
        if recording.grows or recording.shortfall:
            return False
        return recording.index.covered >= recording.size()

    @property
    def t(self) -> float:
        """Seconds into the run."""
        if self.motion is Motion.PAUSED:
            return self._t
        rate = self.speed if self.motion is Motion.PLAYING else 1.0
        return self._t + max(0.0, self._clocks.seconds() - self._since) * rate

    @property
    def at_end(self) -> bool:
        """Whether there is no event after the place, as of now."""
        return self._peek() is None

    def play(self) -> None:
        """Go on from here."""
        self._move(Motion.PLAYING, self.t)

    def pause(self) -> None:
        """Stay here."""
        self._move(Motion.PAUSED, self.t)

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast as it happened."""
        self._move(self.motion, self.t)
        self.speed = speed

    def faster(self) -> None:
        """The next speed up."""
        self.set_speed(next((each for each in SPEEDS if each > self.speed), self.speed))

    def slower(self) -> None:
        """The next speed down."""
        self.set_speed(next((each for each in reversed(SPEEDS) if each < self.speed), self.speed))

    def due(self, most: int = MOST_AT_ONCE) -> list[Event]:
        """The events to be shown by now, at most so many; time does not run ahead of them."""
        if self.motion is Motion.PAUSED:
            return []
        now, events = self.t, list[Event]()
        while len(events) < most:
            entry = self._peek()
            if entry is None:
                self._reached_end(came=bool(events))
                return events
            if self.motion is Motion.PLAYING and entry.event.t > now:
                return events
            events.append(self._passed(entry))
        if self.motion is Motion.PLAYING:
            self._move(Motion.PLAYING, events[-1].t)
        return events

    def step(self) -> Event | None:
        """One event on, and stay there; None at the end."""
        self.pause()
        entry = self._peek()
        if entry is None:
            return None
        self._t = entry.event.t
        return self._passed(entry)

    def step_back(self, hold: int = 0) -> Seek:
        """One event back, and stay there. As on all ways the last lines before the place are held, up to
        `hold` of them."""
        self.pause()
        before = self.recording.entries_before(self.offset)
        offset = next((each.offset for each in before if isinstance(each, Entry)), 0)
        return (yield from self.seek_offset(offset, hold))

    def seek(self, t: float, hold: int = 0) -> Seek:
        """To a time: before the first event that is later. Beyond the end is the end."""
        t = max(0.0, t)
        while self.recording.index.covered_t <= t and self.index_further():
            yield self.recording.index.covered
        moment = yield from self.recording.going_to(t, hold)
        self._arrive(moment, t)
        return moment

    def seek_offset(self, offset: int, hold: int = 0) -> Seek:
        """To the place before the line that begins at a byte."""
        while self.recording.index.covered < offset and self.index_further():
            yield self.recording.index.covered
        moment = yield from self.recording.going_before(offset, hold)
        self._arrive(moment, moment.t)
        return moment

    def follow(self) -> None:
        """From the end on take events as they come, if the run goes on."""
        self._asked_at = -ASKS_EVERY_S
        self._move(Motion.PLAYING, self.t)
        if self.at_end:
            self._reached_end(came=False)

    def mark_after(self, *kinds: MarkKind, place: int | None = None) -> Mark | None:
        """The nearest mark of these kinds after the place, or after another one; after the last one the first
        one."""
        marks, here = self._marks(kinds), self.offset if place is None else place
        return next((mark for mark in marks if mark.end > here), next(iter(marks), None))

    def mark_before(self, *kinds: MarkKind, place: int | None = None) -> Mark | None:
        """The nearest mark of these kinds before the place, or before another one; before the first one the
        last one."""
        marks, here = self._marks(kinds)[::-1], self.offset if place is None else place
        return next((mark for mark in marks if mark.end < here), next(iter(marks), None))

    def index_further(self) -> bool:
        """Make some more of the index, for a few milliseconds; False when all there is is known.

        Of a log only so much is read at a time as is indexed right after: a place that is early in it need
        not wait for the rest. A log that can not be read to its end ends there; `Recording.shortfall` says
        why."""
        if next(self._index_steps, None) is not None:
            return True
        size = self.recording.size()
        if size != self._indexed_to:
            self._indexed_to = size
            self._index_steps = self.recording.make_index()
            return True
        try:
            if self.recording.grow():
                return True
        except JournalError:
            if not self.recording.shortfall:
                raise
        # The last that could be written of a log is still to be indexed.
        return self.recording.size() != self._indexed_to

    def _marks(self, kinds: tuple[MarkKind, ...]) -> list[Mark]:
        """Those that are known so far."""
        index = self.recording.index
        if self._marks_to != index.covered:
            self._marks_to = index.covered
            self._known_marks = sorted(index.marks(), key=lambda mark: mark.end)
        return [mark for mark in self._known_marks if mark.kind in kinds]

    def _move(self, motion: Motion, t: float) -> None:
        self.motion, self._t, self._since = motion, t, self._clocks.seconds()

    def _arrive(self, moment: Moment, t: float) -> None:
        self.offset = moment.offset
        self._next, self._ahead = None, iter(())
        self._shown = None
        if self._peek() is None or math.isinf(t):
            t = moment.t
        self._move(Motion.PAUSED if self.motion is Motion.FOLLOWING else self.motion, t)

    def _peek(self) -> Entry | None:
        """The next event, None if there is none yet."""
        if self._next is None:
            self._next = self._read() or self._read_more()
        return self._next

    def _read_more(self) -> Entry | None:
        """What has come since it was looked last."""
        if self.recording.size() <= self.offset:
            return None
        self._ahead = self.recording.entries(self.offset)
        return self._read()

    def _read(self) -> Entry | None:
        for each in self._ahead:
            if isinstance(each, Entry):
                return each
            self.offset = each.end
        return None

    def _passed(self, entry: Entry) -> Event:
        self.offset, self._next, self._shown = entry.end, None, entry.event
        return entry.event

    def _reached_end(self, *, came: bool) -> None:
        """Follow a run that goes on, at the time that it is there now; else stay."""
        last = self._last()
        if last is None or isinstance(last.body, RunEnded):
            self._move(Motion.PAUSED, last.t if last else 0.0)
            return
        now = self._clocks.seconds()
        if now >= self._asked_at + ASKS_EVERY_S:
            self._asked_at = now
            # What was written right before the writer let go of the file is taken the next time.
            if not self._goes_on() and self._peek() is None:
                self._move(Motion.PAUSED, last.t)
                return
        if came or self.motion is not Motion.FOLLOWING:
            self._move(Motion.FOLLOWING, last.t + max(0.0, (self._clocks.wall() - last.at).total_seconds()))

    def _last(self) -> Event | None:
        if self._shown is None:
            before = self.recording.entries_before(self.offset)
            self._shown = next((each.event for each in before if isinstance(each, Entry)), None)
        return self._shown
