"""Reading events back: one line of JSON to one event, or one clear sentence about why not."""

import json
import re
from typing import NoReturn, get_args

from pydantic import ValidationError

from backstaff.errors import JournalError
from backstaff.events.bounds import LONGEST_T, can_be
from backstaff.events.migrations import Record, upgraded
from backstaff.events.types import FORMAT_VERSION, Body, BodyAdapter, Event, Stamp

_STAMP_FIELDS = tuple(Stamp.model_fields)
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_KINDS = frozenset(str(body.model_fields["kind"].default) for body in get_args(Body))


def _refuse(constant: str) -> NoReturn:
    """Python reads NaN and Infinity, but neither is JSON, and no journal could be written with them."""
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse_line(line: str | bytes) -> Event:
    """The event that `Event.to_line` wrote, in this format version or an earlier one.

    Raises `JournalError` for anything else: text that is no JSON object, a format version above ours, a
    kind or field that this version does not know, a value of the wrong type, a time that can not be.
    """
    record = _record(line)
    _check_version(record.get("v"))
    record = _upgraded(record)
    stamp = {name: record.pop(name) for name in _STAMP_FIELDS if name in record}
    kind = record.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise JournalError(
            f"unknown event kind {kind!r}" if kind else "no event: it has no kind",
            fix="read it with the Backstaff version that wrote it, or a newer one" if kind else "",
        )
    try:
        event = Event.model_validate({**stamp, "body": BodyAdapter.validate_python(record)})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]).removeprefix(f"{kind}.")
        raise JournalError(f"event {kind}: {field}: {first['msg']}") from None
    if not 0 <= event.t <= LONGEST_T:
        raise JournalError(f"event {kind}: t: no run has such a time")
    if not can_be(event.at):
        raise JournalError(f"event {kind}: at: no run was at such a time")
    return event


def _record(line: str | bytes) -> Record:
    try:
        text = line if isinstance(line, str) else line.decode()
        record: object = _DECODER.decode(text)
        if _HALF_CHARACTER.search(text):
            json.dumps(record, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise JournalError("not an event: the text is not UTF-8") from None
    except UnicodeEncodeError:
        raise JournalError("not an event: the text has half a character in it") from None
    except (ValueError, RecursionError):
        raise JournalError("not an event: the line is not JSON") from None
    if not isinstance(record, dict):
        raise JournalError("not an event: the line is not a JSON object")
    return record


def _upgraded(record: Record) -> Record:
    try:
        return upgraded(record)
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError(f"no event of format version {record.get('v')}: {error!r}") from None


def _check_version(version: object) -> None:
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise JournalError("not an event: it has no format version")
    if version > FORMAT_VERSION:
        raise JournalError(
            f"format version {version} is newer than {FORMAT_VERSION}, the newest this version reads",
            fix="read it with the Backstaff version that wrote it, or a newer one",
        )
