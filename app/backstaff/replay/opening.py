"""Whether a source is a journal, told from its first lines; if not, what it is and what to do."""

import codecs
from itertools import islice

from backstaff.errors import JournalError
from backstaff.events.wire import parse_line
from backstaff.replay.entries import Entry, read_line
from backstaff.replay.lines import RawLine, lines_from
from backstaff.replay.source import Source

_HEAD = 4096
_FIRST_LINES = 20
_WITHIN = 1024 * 1024
_EVENT_BEGINS = b'{"v":'
_OURS = "`backstaff runs` lists the journals there are"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"{\0", b"\0{")


def check_is_journal(source: Source) -> None:
    """Raises `JournalError` with one sentence and the way out if none of the first lines is an event.

    One that is damaged among others that are not does not make it another file."""
    size = source.stamp().size
    _check_head(source.read(0, _HEAD), source.name)
    first: JournalError | None = None
    for raw in islice(lines_from(source, 0, min(size, _WITHIN)), _FIRST_LINES):
        if isinstance(read_line(raw), Entry):
            return
        first = first or _trouble(raw, size, source.name)
    raise first or JournalError("holds no event, only empty lines", where=source.name, fix=_OURS)


def _check_head(head: bytes, name: str) -> None:
    if not head:
        raise JournalError("is empty: no event was ever written to it", where=name, fix=_OURS)
    if head.startswith(_UTF_16):
        fix = "write it anew with `iconv -f UTF-16 -t UTF-8`"
        raise JournalError("is UTF-16 text; journals are UTF-8", where=name, fix=fix)
    if head.startswith(b"\x1f\x8b"):
        raise JournalError("is compressed with gzip", where=name, fix="unpack it with `gunzip -k`")
    if b"\0" in head.partition(b"\n")[0]:
        raise JournalError("is not a journal but binary data", where=name, fix=_OURS)


def _trouble(raw: RawLine, size: int, name: str) -> JournalError | None:
    """What is wrong with a line that is no event; None if it is empty."""
    data = raw.data or b""
    if not raw.whole and raw.end == size and raw.offset == 0 and data.startswith(_EVENT_BEGINS):
        return JournalError(
            "holds no whole event: the run was cut off at its very start", where=name, fix=_OURS
        )
    if not data.strip():
        return None
    try:
        parse_line(data.decode().removeprefix("\ufeff"))
    except UnicodeDecodeError:
        fix = "write it anew with `iconv -f LATIN1 -t UTF-8`, or from the encoding that it has"
        return JournalError("is not a journal: the text is not UTF-8", where=name, fix=fix)
    except JournalError as error:
        if error.fix:
            return JournalError(f"can not be read: {error.what}", where=name, fix=error.fix)
        return JournalError(f"is not a journal: {error.what}", where=name, fix=_OURS)
    return None
