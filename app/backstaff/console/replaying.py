"""A recorded run as it is shown: the place in it, how the run stood there, and the ways to other places."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isinf
from time import monotonic, perf_counter

from backstaff.console.background import Background, Want
from backstaff.console.line_store import LineStore
from backstaff.console.log_filter import Pattern
from backstaff.console.past_lines import (
    FIRST_ENTRIES,
    MOST_ENTRIES,
    PastLines,
    lines_before,
    lines_held,
    lines_nearby,
)
from backstaff.console.player_clock import PlayerClock
from backstaff.console.run_state import RunState
from backstaff.console.session import RunInfo
from backstaff.console.subject import Subject
from backstaff.errors import BackstaffError
from backstaff.events.inert import inert
from backstaff.explain.words import counted
from backstaff.replay.finding import Finding
from backstaff.replay.glimpse import FAR, NEAR
from backstaff.replay.marks import Mark, MarkKind
from backstaff.replay.player import Motion, Player, Seek
from backstaff.replay.recording import Moment

LOOKS_FOR_MORE_EVERY_S = 1.0
GROWN = 1.5
"""By how much a log that is being read must have grown until more of it is shown."""
ROUGH = "not all read yet"
HURRIES_S = 0.05
"""So long on its way to another place it need not leave time to others: a key hardly waits for that."""
IN_QUICK_SUCCESSION_S = 0.2
"""Whoever holds a key down wants to be where it ends, and not to wait for what is on the way."""
LONG_WAY = 4 * 1024 * 1024
"""Where so many bytes have to be read to get to a place, it is shown roughly until then."""


@dataclass(frozen=True)
class Rough:
    """A place that is shown before all is read that led to it: the byte, how much is known of it, and
    whether it is the end of what there is."""

    offset: int
    whole: bool
    is_end: bool


@dataclass(frozen=True)
class _Way:
    """The way to another place; `rough_place` finds the byte of it if it is so far that it is shown roughly
    until then. `to_end` is one that leads to the end, wherever that will be."""

    seek: Seek
    rough_place: Callable[[], int | None] = lambda: None
    to_end: bool = False


class Replaying:
    """Moves a player and keeps up the state that is shown with it.

    Getting to a place takes some time, which `background` spends: until then the state is that of the place
    before, or that of the place as far as it is quickly known (`rough`). `found` is called when a search has
    led to a line; `at_tail` tells whether nobody looks at lines before the last ones."""

    def __init__(
        self,
        player: Player,
        info: RunInfo,
        *,
        tell: Callable[[str], None],
        found: Callable[[Pattern], None],
        at_tail: Callable[[], bool] = lambda: True,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self.player = player
        self.background = Background()
        self._info = info
        self._tell = tell
        self._found = found
        self._at_tail = at_tail
        self._clock = PlayerClock(player, seconds)
        self.state = RunState(info, self._clock)
        self.shown = 0
        """Counts how often another state, another Board or older lines came to be shown."""
        self.rough: Rough | None = None
        """What is shown, if that is not yet all that led to it. The player is elsewhere then."""
        self._back = 0
        """How many steps back are still to be made once the place is reached."""
        self._left_at = self._hurries_until = 0.0
        """When the way to the last place began, and how long after that time is left to nobody else."""
        self._looked_at = seconds()
        self._told_trouble = False
        self._finding: Finding | None = None
        self._pattern: Pattern | None = None
        self._wanted = 0
        """Which result is waited for: 1 the next one, -1 the one before, 0 none."""

    @property
    def seeking(self) -> bool:
        """Whether another place is on its way."""
        return self.background.does(Want.SEEK)

    @property
    def hurries(self) -> bool:
        """Whether another place was asked for right before now, and none right before that."""
        return perf_counter() < self._hurries_until

    @property
    def roughly(self) -> bool:
        """Whether a place is shown as far as what is right before it tells."""
        return self.rough is not None

    @property
    def t(self) -> float:
        """How many seconds into the run it is that is shown."""
        return self.state.board.t if self.roughly else self.player.t

    @property
    def _offset(self) -> int:
        """The place that is shown."""
        return self.rough.offset if self.rough is not None else self.player.offset

    def begin(self, t: float, then: Callable[[], None]) -> None:
        """Go to the first place."""
        self.go_to(t, then)
        self.background.put(Want.INDEX, self._index())

    def take(self) -> None:
        """Let the state take in what is due by now, and look whether the journal has grown."""
        if not self.seeking and not self.roughly and not len(self.state.feed):
            for event in self.player.due():
                self.state.feed(event)
            self.state.end_here(self.player.motion is Motion.PAUSED and self.player.at_end)
        now = self._clock.seconds()
        if now >= self._looked_at + LOOKS_FOR_MORE_EVERY_S and not self.background.does(Want.INDEX):
            self._looked_at = now
            self.background.put(Want.INDEX, self._index())

    def go_to(self, t: float, then: Callable[[], None] = lambda: None) -> None:
        """Go to a time; `then` is called once the state there is shown."""
        self._go(
            _Way(self.player.seek(t, FIRST_ENTRIES), partial(self._rough_place, t), to_end=isinf(t)), then
        )

    def _go_to_offset(self, offset: int, then: Callable[[], None] = lambda: None) -> None:
        """Go to the place before the line at a byte."""
        far = self.player.recording.index.covered < offset
        seek = self.player.seek_offset(offset, FIRST_ENTRIES)
        self._go(_Way(seek, lambda: offset if far and self._long_way() else None), then)

    def _rough_place(self, t: float) -> int | None:
        """The place of a time that is not known yet, None where it soon is, or is not even written."""
        recording = self.player.recording
        if recording.index.covered_t > t or not self._long_way():
            return None
        place = recording.place_at(t)
        return None if recording.grows and not isinf(t) and place >= recording.size() else place

    def _long_way(self) -> bool:
        recording = self.player.recording
        return recording.grows or recording.size() - recording.index.covered > LONG_WAY

    def _go(self, way: _Way, then: Callable[[], None] = lambda: None) -> None:
        """Go elsewhere."""
        self._back, now = 0, perf_counter()
        self._hurries_until = now + (HURRIES_S if now > self._left_at + IN_QUICK_SUCCESSION_S else 0.0)
        self._left_at = now
        self.background.drop(Want.OLDER)
        self.background.put(Want.SEEK, self._arrival(way, then))

    def toggle(self) -> None:
        """Play or stay; from the end of a run that is over play it from its beginning."""
        player = self.player
        if player.motion is not Motion.PAUSED:
            player.pause()
        elif not self.seeking and player.at_end:
            player.follow()
            if player.motion is Motion.PAUSED:
                self.go_to(0.0, player.play)
        else:
            player.play()

    def step(self) -> None:
        """One event on."""
        event = None if self.seeking or self.roughly else self.player.step()
        if event is not None:
            self.state.feed(event)

    def step_back(self) -> None:
        """One event back."""
        if self.seeking:
            self._back += 1
        elif not self.roughly:
            self._go(_Way(self.player.step_back(FIRST_ENTRIES)))

    def skip(self, seconds: float) -> None:
        """So far on, or back."""
        self.go_to(self.t + seconds)

    def to_end(self) -> None:
        """To the end; of a run that goes on, with what comes."""
        self.go_to(inf, self.player.follow)

    def to_mark(self, kind: MarkKind, step: int) -> Mark | None:
        """To the next such thing, or the one before, and stay there; None if there is none that is known."""
        player, place = self.player, self._offset
        mark = player.mark_after(kind, place=place) if step > 0 else player.mark_before(kind, place=place)
        if mark is not None:
            player.pause()
            self._go_to_offset(mark.end, lambda: self.state.look_at(Subject(mark.host, mark.role)))
        return mark

    def find(self, pattern: Pattern) -> None:
        """Search all output of the run, and go to the next line that matches."""
        self._pattern = pattern
        self._finding = Finding(self.player.recording, pattern.regex, self._offset)
        self.background.put(Want.FIND, self._look(self._finding, pattern))
        self.to_result(1)

    def to_result(self, step: int) -> bool:
        """To the next line found, or the one before; whether anything is searched for."""
        if self._finding is None or self._pattern is None:
            return False
        self._wanted = step
        self._give_result(self._finding, self._pattern)
        return True

    def _look(self, finding: Finding, pattern: Pattern) -> Iterator[None]:
        try:
            for _ in finding.steps():
                self._give_result(finding, pattern)
                yield
        except BackstaffError:
            self._finding, self._wanted = None, 0
            raise
        self._give_result(finding, pattern)

    def _give_result(self, finding: Finding, pattern: Pattern) -> None:
        if not self._wanted:
            return
        place = self._offset
        hit = finding.after(place) if self._wanted > 0 else finding.before(place)
        if hit is None:
            if finding.complete:
                self._wanted = 0
                self._tell(f"no output of this run matches {pattern.text}{_left_out(finding)}")
            return
        self._wanted = 0
        self.player.pause()
        self._go_to_offset(hit, lambda: self._arrived_at_result(finding, pattern, hit))

    def _arrived_at_result(self, finding: Finding, pattern: Pattern, hit: int) -> None:
        self._found(pattern)
        number = finding.number_of(hit)
        which = f"{number} of {finding.found}" if number else f"the first of {finding.found} or more"
        self._tell(f"result {which}: {pattern.text}{_left_out(finding)}")

    def _arrival(self, way: _Way, then: Callable[[], None]) -> Iterator[int]:
        place = way.rough_place()
        if place is not None:
            yield from self._arrive_roughly(place)
        moment = yield from self._on_the_way(way)
        self._tell_shortfall()
        while self._back:
            self._back -= 1
            moment = yield from self.player.step_back(FIRST_ENTRIES)
        # Without a break: the player is at the place already, and the state is still that of the one before.
        lines = lines_held(moment)
        if self.rough is not None and self.rough.offset == self.player.offset:
            self._complete(lines)
        else:
            self._show(lines, self._info)
        self._is_at(None)
        then()
        if lines.start:
            self.background.put(Want.OLDER, self._older(self.state, lines.start))

    def _on_the_way(self, way: _Way) -> Seek:
        """On the way to an end of which there is ever more, show now and then how far that is, unless
        somebody looks at what is shown."""
        recording = self.player.recording
        shown = recording.size()
        while True:
            try:
                at = next(way.seek)
            except StopIteration as end:
                moment: Moment = end.value
                return moment
            yield at
            if way.to_end and recording.grows and recording.size() > GROWN * shown and self._at_tail():
                shown = recording.size()
                yield from self._arrive_roughly(shown)

    def _arrive_roughly(self, place: int) -> Iterator[int]:
        """Show what is right before a place, first with what is quickly found of the run, then with more."""
        recording = self.player.recording
        for reach in (NEAR,) if recording.grows else (NEAR, FAR):
            lines = yield from lines_nearby(recording, place, FIRST_ENTRIES, reach)
            info = replace(self._info, title=ROUGH, unread=not lines.whole)
            if self.rough is not None and self.rough.offset == place:
                self.state.info = info
                self._replace_board(lines)
            else:
                self._show(lines, info)
            self._is_at(Rough(place, lines.whole, place >= recording.size()))
            if lines.whole:
                return

    def _tell_shortfall(self) -> None:
        """What can not be read of the run has to be seen for as long as the rest is shown."""
        trouble = self.player.recording.shortfall
        if trouble is not None and not self.state.shortfall:
            way_out = f"; {inert(trouble.fix)}" if trouble.fix else ""
            self.state.shortfall = f"not read to its end: {inert(trouble.what)}{way_out}"
            self.shown += 1

    def _is_at(self, rough: Rough | None) -> None:
        self.rough, self._clock.elsewhere = rough, rough is not None

    def _complete(self, lines: PastLines) -> None:
        """The lines are shown already: leave them as they are, wherever in them the operator looks."""
        self.state.info = self._info
        self._replace_board(lines)

    def _replace_board(self, lines: PastLines) -> None:
        """What is told of the events as well: of waits and hosts that were not known then it said less."""
        self.state.board = lines.board
        if lines.events != list(self.state.events.since(0)):
            self.state.events = LineStore()
            self.state.events.extend(lines.events)
            _tell_what_it_is(self.state, lines)
        self.state.changes += 1
        self.shown += 1
        if self.state.follows:
            self.state.follow()

    def _show(self, lines: PastLines, info: RunInfo) -> None:
        state = RunState(info, self._clock)
        state.board, state.shortfall = lines.board, self.state.shortfall
        state.logs.extend(lines.logs)
        state.commands.extend(lines.commands)
        state.events.extend(lines.events)
        _tell_what_it_is(state, lines)
        state.subject, state.follows = self.state.subject, self.state.follows
        if state.follows:
            state.follow()
        self.state = state
        self.shown += 1

    def _older(self, state: RunState, start: int) -> Iterator[int]:
        """More of the lines before those that are shown already."""
        lines = yield from lines_before(self.player.recording, start, MOST_ENTRIES)
        state.logs.put_before(lines.logs)
        state.commands.put_before(lines.commands)
        state.events.put_before(lines.events)
        _tell_what_it_is(state, lines)
        self.shown += 1

    def _index(self) -> Iterator[None]:
        while self.player.index_further():
            yield
        self._tell_shortfall()
        trouble = self.player.recording.index_trouble
        if trouble and not self._told_trouble:
            self._told_trouble = True
            self._tell(trouble)


def _left_out(finding: Finding) -> str:
    """The lines of which a search can not tell."""
    return f"; {counted(finding.too_slow, 'line')} took too long to look at" if finding.too_slow else ""


def _tell_what_it_is(state: RunState, lines: PastLines) -> None:
    for store in (state.logs, state.commands, state.events):
        store.past = True
        store.starts_later = lines.start > 0
