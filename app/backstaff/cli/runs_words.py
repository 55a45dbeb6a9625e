"""Times, ages and sizes as they are typed in options of `backstaff runs`."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

import click

T = TypeVar("T")

_AGE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?) ?([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) ?([kmgt]?)(i?)b?", re.IGNORECASE | re.ASCII)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?", re.ASCII)


def age_from(text: str) -> timedelta:
    """`45s`, `30m`, `2h`, `3d`, `1w`. Raises ValueError."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"`{text}` is no time span; write it as 30m, 2h, 3d or 1w")
    return timedelta(seconds=float(found[1]) * _SECONDS[found[2]])


def size_from(text: str) -> int:
    """Bytes: `500MB`, `2 GB`, `1.5G`, `512MiB`, `4096`. Raises ValueError."""
    found = _SIZE.fullmatch(text.strip())
    if found is None or (found[3] and not found[2]):
        raise ValueError(f"`{text}` is no size; write it as 500MB or 2GB")
    unit: int = (1024 if found[3] else 1000) ** _POWER[found[2].lower()]
    return round(float(found[1]) * unit)


def moment_from(text: str, now: datetime, *, end: bool = False) -> datetime:
    """A time of day: so long ago (`2h`), a date (`2026-11-23`, at its end if `end`), a time of today
    (`12:03`), or both (`2026-11-23 12:03`); this machine's, unless it names a zone. Raises ValueError."""
    text = text.strip()
    try:
        if _AGE.fullmatch(text):
            return now.astimezone(UTC) - age_from(text)
        moment = _date(text, end=end) or _time_of_today(text, now) or datetime.fromisoformat(text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        forms = "write it as 2h, 3d, 2026-11-23, 12:03 or `2026-11-23 12:03`"
        raise ValueError(f"`{text}` is no time; {forms}") from None


def _date(text: str, *, end: bool) -> datetime | None:
    """The beginning or the end of a day, without a zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=1 if end else 0), time())


def _time_of_today(text: str, now: datetime) -> datetime | None:
    """Without a zone."""
    if not _CLOCK.fullmatch(text):
        return None
    hour, _, rest = text.partition(":")
    return datetime.combine(now.astimezone().date(), time.fromisoformat(f"{hour:0>2}:{rest}"))


def read_by(read: Callable[[str], T]) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """The callback of an option whose text is read by a function that raises ValueError with a sentence."""

    def callback(ctx: click.Context, parameter: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else read(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, parameter) from None

    return callback


def since(text: str) -> datetime:
    """From which time on. Raises ValueError."""
    return moment_from(text, datetime.now(UTC))


def until(text: str) -> datetime:
    """Up to which time; a date is meant as a whole. Raises ValueError."""
    return moment_from(text, datetime.now(UTC), end=True)
