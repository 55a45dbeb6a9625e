"""A run from its beginning to its end as a few lines of cells: phases, waits, failures, and where one is."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from textual.content import Content

from backstaff.console.bars import EMPTY, FULL
from backstaff.console.line_text import cells, cut, fitted
from backstaff.console.states import Look, Tone, look_of
from backstaff.console.subject import Subject
from backstaff.events.facts import Outcome
from backstaff.explain.words import counted, duration
from backstaff.headless.card import clock
from backstaff.replay.marks import Mark, MarkKind

DIM = "$text-muted"
FAINT = "$text-disabled"
WAITED = Look("═", "~", "wait", Tone.WAITING)
FAILED = Look("✗", "x", "failure", Tone.FAILED)
HOST = Look("!", "!", "host event", Tone.UNKNOWN)
HERE = Look("●", "O", "here", Tone.PLAIN)
TIMELINE_LOOKS = (WAITED, FAILED, HOST, HERE)
"""How things look on the track; each takes one cell, in ASCII too."""
UNKNOWN = "·"
"""What the journal says there is not known yet."""
LEAST_TRACK = 10
_STATE = 9
_LOOKS = {MarkKind.WAIT: WAITED, MarkKind.FAILURE: FAILED, MarkKind.HOST: HOST}
_GOOD = {None, Outcome.DONE, Outcome.SKIPPED, Outcome.CANCELLED}

Cell = tuple[str, str]


@dataclass(frozen=True)
class Course:
    """What a timeline shows. Marks are known up to `known_t`; `state` is what becomes of the place by itself,
    `words` say what is at it."""

    length_t: float = 0.0
    now_t: float = 0.0
    known_t: float = 0.0
    marks: tuple[Mark, ...] = ()
    state: str = "paused"
    words: str = ""


def status_line(course: Course) -> Content:
    """`paused     0:23 / 1:45  `, as wide as long as the run is the same."""
    length = clock(course.length_t)
    now = clock(course.now_t).rjust(len(length))
    return Content.assemble((f"{fitted(course.state, _STATE)}  {now}", "bold"), (f" / {length}  ", DIM))


def track_start(course: Course) -> int:
    """The cell at which the track begins."""
    return status_line(course).cell_length


def track_line(course: Course, width: int) -> Content:
    """Where one is, and on the track all that happened."""
    status = status_line(course)
    room = width - status.cell_length
    return status + _joined(_track(course, room)) if room >= LEAST_TRACK else status.truncate(width)


def t_at(course: Course, column: int, width: int) -> float | None:
    """Which time a cell of the track stands for; None beside it."""
    start = track_start(course)
    if width - start < LEAST_TRACK or not start <= column < width:
        return None
    return (column - start) / max(1, width - start - 1) * course.length_t


def thinned(course: Course, width: int) -> tuple[Mark, ...]:
    """The marks without those that others hide, which look the same in so many cells: of many thousand marks
    a few hundred are seen, and drawing is done many times a second."""
    room = width - track_start(course)
    seen: dict[tuple[MarkKind, int, int], Mark] = {}
    for mark in course.marks:
        start = _column(mark.t, course, room)
        has_length = mark.kind in {MarkKind.WAIT, MarkKind.PHASE}
        key = (
            mark.kind,
            start,
            max(start, _column(_until(mark, course), course, room)) if has_length else start,
        )
        # The last one of a kind in the same cells is drawn over the others, and in its own turn.
        seen.pop(key, None)
        seen[key] = mark
    return tuple(seen.values())


def _column(t: float, course: Course, width: int) -> int:
    share = t / course.length_t if course.length_t > 0 else 0.0
    return round(min(1.0, max(0.0, share)) * (width - 1))


def _track(course: Course, width: int) -> list[Cell]:
    here, known = _column(course.now_t, course, width), _column(course.known_t, course, width)
    track = [
        (FULL, "$foreground") if at < here else (EMPTY, FAINT) if at <= known else (UNKNOWN, FAINT)
        for at in range(width)
    ]
    for kind, look in _LOOKS.items():
        for mark in course.marks:
            if mark.kind is not kind:
                continue
            start = _column(mark.t, course, width)
            until = start if mark.kind is not MarkKind.WAIT else _column(_until(mark, course), course, width)
            track[start : until + 1] = [(look.glyph, _style(mark, look))] * (until + 1 - start)
    glyph, style = track[here]
    plain = glyph in {FULL, EMPTY, UNKNOWN, WAITED.glyph}
    track[here] = (HERE.glyph, "bold") if plain else (glyph, f"{style} reverse")
    return track


def _until(mark: Mark, course: Course) -> float:
    return course.known_t if mark.until_t is None else mark.until_t


def _style(mark: Mark, look: Look) -> str:
    if mark.kind is MarkKind.WAIT and mark.outcome not in _GOOD:
        return Tone.FAILED.value
    return look.tone.value if mark.kind is MarkKind.WAIT else f"{look.tone.value} bold"


def phases_line(course: Course, width: int) -> Content:
    """The phases above their part of the track, with what each took; of short ones only where they begin."""
    start = track_start(course)
    room = width - start
    if room < LEAST_TRACK:
        return Content("")
    row: list[Cell] = [(" ", "")] * room
    for mark in course.marks:
        if mark.kind is MarkKind.PHASE:
            _label(row, mark, course)
    return Content(" " * start) + _joined(row)


def _label(row: list[Cell], mark: Mark, course: Course) -> None:
    first = _column(mark.t, course, len(row))
    end = max(first + 1, _column(_until(mark, course), course, len(row)))
    here = mark.t <= course.now_t and (mark.until_t is None or course.now_t <= mark.until_t)
    tone = (Tone.WORKING if mark.outcome is None else look_of(mark.outcome).tone).value
    style = f"{tone} bold" if here else tone
    took = "" if mark.until_t is None else f" {duration(mark.until_t - mark.t)}"
    room = end - first - 1
    texts = (f"{mark.words}{took}", mark.words)
    text = next((text for text in texts if cells(text) < room), "")
    row[first:end] = [("│", FAINT), *((letter, style) for letter in fitted(text, room))][: end - first]


def words_line(course: Course, width: int) -> Content:
    """What is at the place; else what there is to go to."""
    if course.words:
        return Content.styled(cut(course.words, width), "")
    return Content.styled(cut(_counts(course.marks), width), DIM)


def _counts(marks: Sequence[Mark]) -> str:
    found = [(sum(mark.kind is kind for mark in marks), look.word) for kind, look in _LOOKS.items()]
    return "   ".join(counted(number, word) for number, word in found if number)


class Told:
    """The marks of a run that have words, to be asked at any place. They are put in order once; after that
    only waits are looked through for an answer."""

    def __init__(self, marks: Sequence[Mark] = ()) -> None:
        told = [mark for mark in marks if mark.kind is not MarkKind.PHASE]
        self._waits = [mark for mark in reversed(told) if mark.kind is MarkKind.WAIT]
        self._by_end = sorted(told, key=_end)
        self._same = {kind: [mark for mark in self._by_end if mark.kind is kind] for kind in _LOOKS}

    def words_at(self, offset: int, now_t: float, subject: Subject) -> str:
        """What has just happened at a place, else the wait that lasts there, that of `subject` before others:
        which of how many, and its words."""
        mark = self._ended_at(offset) or self._lasting_at(offset, now_t, subject)
        if mark is None:
            return ""
        same = self._same[mark.kind]
        number = same.index(mark, bisect_left(same, mark.end, key=_end)) + 1
        took = f" ({duration(mark.until_t - mark.t)})" if mark.until_t is not None else ""
        return f"{_LOOKS[mark.kind].word} {number} of {len(same)}   {mark.words}{took}"

    def _ended_at(self, offset: int) -> Mark | None:
        place = bisect_left(self._by_end, offset, key=_end)
        found = self._by_end[place] if place < len(self._by_end) else None
        return found if found is not None and found.end == offset else None

    def _lasting_at(self, offset: int, now_t: float, subject: Subject) -> Mark | None:
        """The latest one."""
        latest = None
        for mark in self._waits:
            if mark.end > offset or (mark.until_t is not None and mark.until_t <= now_t):
                continue
            if mark.host == subject.host and mark.role == subject.role:
                return mark
            latest = latest or mark
        return latest


def _end(mark: Mark) -> int:
    return mark.end


def _joined(row: Sequence[Cell]) -> Content:
    parts = [
        ("".join(text for text, _ in run), style) for style, run in groupby(row, key=lambda cell: cell[1])
    ]
    return Content.assemble(*parts)
