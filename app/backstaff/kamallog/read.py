"""Reading what Kamal printed: from lines, or from a file, to the events of a run.

Text is decoded forgivingly and read as a stream; only its beginning is held, to learn what the run was
about before the first event is made.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path

from backstaff.errors import JournalError
from backstaff.events.bounds import can_be, time_of_file
from backstaff.events.types import Event
from backstaff.kamallog.grammar import is_kamals, records
from backstaff.kamallog.rebuild import Rebuild
from backstaff.kamallog.survey import Survey
from backstaff.kamallog.telling import Teller
from backstaff.kamallog.timeline import Timeline
from backstaff.kamallog.wrapping import Wrapping, detect, unwrapped

LOOKAHEAD = 20_000
"""How many lines are read before the first event is made. A whole log is mostly shorter."""

LONGEST_LINE = 256 * 1024
"""A longer line is read in parts of so many characters."""

TELLS_EVERY = 1_000

_SOME = 2_000
"""How many lines tell what kind of file it is."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_OWN_FILE = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d)_.*\.log")


def recognise(lines: Iterable[str]) -> Wrapping | None:
    """What kind of log with Kamal's words begins with `lines`; None if Kamal wrote none of them.

    Looks at no more than `LOOKAHEAD` lines: in a CI log other steps may come first."""
    head = list(islice(lines, LOOKAHEAD))
    wrapping = detect(head[:_SOME])
    return wrapping if any(is_kamals(line) for line in unwrapped(head, wrapping)) else None


def events_of(
    lines: Iterable[str], *, run: str = "kamal", began: datetime | None = None, whole: bool = False
) -> Iterator[Event]:
    """The events that lines which Kamal printed amount to, in order.

    `run` is the id that the run gets. `began` counts where the lines tell no time of day; without it such a
    run begins in 1970. `whole` says that no line can be missing at the end, as in Kamal's own log files; of
    what it prints to a pipe it holds back some.

    Never raises for anything that stands in the lines: what can not be read is kept as output. A log that
    ends before its run did ends with a `Failed` and without a `RunEnded`.
    """
    rest = iter(lines)
    head = list(islice(rest, LOOKAHEAD))
    wrapping = detect(head[:_SOME])
    told = records(unwrapped(chain(head, rest), wrapping))
    beginning = list(islice(told, len(head)))
    survey = Survey.of(beginning)
    stamped = sum(record.at is not None for record in beginning) > len(beginning) / 2
    timeline = Timeline(survey.began or began or _NO_TIME, stamped=stamped)
    teller = Teller(timeline)
    held_back = not whole and wrapping is not Wrapping.TERMINAL
    rebuild = Rebuild(teller, survey, surveyed=len(beginning), run=run, held_back=held_back)
    for record in chain(beginning, told):
        rebuild.take(record)
        yield from teller.taken()
    rebuild.finish()
    yield from teller.taken()


def read_kamal_log(path: Path, progress: Callable[[float], None] | None = None) -> Iterator[Event]:
    """The events of a file that Kamal wrote, or that keeps what it printed.

    `progress` is told every `TELLS_EVERY` lines which share of the file is read, from 0 to 1.

    Raises `JournalError` naming the file where it can not be read or nothing in it is Kamal's."""
    with _opened(path) as file:
        if recognise(_lines(file)) is None:
            raise JournalError(
                "is not a log of Kamal's: no line in it is one that Kamal prints", where=str(path)
            )
        file.seek(0)
        own = _OWN_FILE.fullmatch(path.name) is not None
        lines = _lines(file) if progress is None else _told(_lines(file), file, progress)
        yield from events_of(lines, run=path.stem, began=_began(path), whole=own)


def is_kamal_log(path: Path) -> bool:
    """Whether a file keeps what Kamal printed. Raises `JournalError` where it can not be read."""
    with _opened(path) as file:
        return recognise(_lines(file)) is not None


def _opened(path: Path) -> TextIOWrapper:
    try:
        return path.open(encoding="utf-8", errors="replace", newline="\n")
    except IsADirectoryError:
        raise JournalError("is a directory, not a log", where=str(path)) from None
    except FileNotFoundError:
        raise JournalError("there is no such file", where=str(path)) from None
    except PermissionError:
        raise JournalError("you are not allowed to read it", where=str(path)) from None
    except OSError as error:
        raise JournalError(f"can not be read: {error.strerror or error}", where=str(path)) from None


def _lines(file: TextIOWrapper) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line


def _told(lines: Iterable[str], file: TextIOWrapper, progress: Callable[[float], None]) -> Iterator[str]:
    size = max(1, os.fstat(file.fileno()).st_size)
    for number, line in enumerate(lines):
        if number % TELLS_EVERY == 0:
            progress(min(1.0, os.lseek(file.fileno(), 0, os.SEEK_CUR) / size))
        yield line


def _began(path: Path) -> datetime:
    """When a log without times began, about: Kamal puts it into the names of its own files, in the time of
    its machine; of others the last change is all that is known."""
    if named := _OWN_FILE.fullmatch(path.name):
        try:
            at = datetime.strptime(named["at"], "%Y-%m-%dT%H-%M-%S").replace(tzinfo=UTC)
        except ValueError:
            at = None
        if at is not None and can_be(at):
            return at
    return time_of_file(path.stat())
