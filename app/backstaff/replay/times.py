"""Times as people type them: how far into a run, the time of day, so much further, or a share of it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import inf, isinf

_NUMBER = r"\d+(?:\.\d+)?"
_UNITS = re.compile(rf"(?:(?P<h>{_NUMBER})h)?(?:(?P<m>{_NUMBER})m(?:in)?)?(?:(?P<s>{_NUMBER})s?)?", re.ASCII)
_COLONS = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d{1,2}(?:\.\d+)?)", re.ASCII)
_SHARE = re.compile(rf"({_NUMBER})%", re.ASCII)
_ENDS = {"start": 0.0, "begin": 0.0, "end": inf}
HINT = "1:23  83s  14:03:22  +10  -10  50%  end"
"""Examples, for whoever is asked for a time."""


@dataclass(frozen=True)
class Stretch:
    """What a time refers to: a run of `length_t` seconds, infinitely many where that is not known yet, that
    began at a time of day, None if that is not known, and the place in it where somebody is now. Times of day
    are of `zone`, None for the machine's."""

    length_t: float
    began: datetime | None = None
    now_t: float = 0.0
    zone: tzinfo | None = None


def parse_time(text: str, stretch: Stretch) -> float:
    """Seconds into the run, never outside of it. Raises ValueError with what is wrong."""
    wanted = text.strip().lower().replace(" ", "")
    if wanted in _ENDS:
        return _inside(_ENDS[wanted], stretch)
    if share := _SHARE.fullmatch(wanted):
        if isinf(stretch.length_t):
            raise ValueError("a share can not be told before all of the run is read: type a time, or end")
        return _inside(float(share[1]) / 100 * stretch.length_t, stretch)
    if wanted[:1] in {"+", "-"}:
        step = _seconds(wanted[1:])
        if step is not None:
            return _inside(stretch.now_t + (step if wanted[0] == "+" else -step), stretch)
    seconds = _seconds(wanted)
    if seconds is None:
        raise ValueError("that is no time")
    if wanted.count(":") < 2:
        return _inside(seconds, stretch)
    return _of_three_numbers(seconds, stretch, as_clocks_do=wanted.index(":") == 2)


def _seconds(text: str) -> float | None:
    found = (_COLONS.fullmatch(text) or _UNITS.fullmatch(text)) if text else None
    if found is None:
        return None
    hours, minutes, seconds = (float(found[unit] or 0) for unit in "hms")
    return hours * 3600 + minutes * 60 + seconds


def _of_three_numbers(seconds: float, stretch: Stretch, *, as_clocks_do: bool) -> float:
    """`1:02:03` is how far into the run if that is so long, `01:02:03` the time of day if it was one of the
    run's; what is not the one is the other."""
    if as_clocks_do:
        try:
            return _at_time_of_day(seconds, stretch)
        except ValueError:
            if seconds > stretch.length_t:
                raise
            return seconds
    return seconds if seconds <= stretch.length_t else _at_time_of_day(seconds, stretch)


def _at_time_of_day(seconds: float, stretch: Stretch) -> float:
    """The first such time of day after the run began; of one that came before, its beginning."""
    if stretch.began is None:
        raise ValueError("it is not known at what time of day this run was")
    if seconds >= 24 * 3600:
        raise ValueError("a day has no such time")
    began = stretch.began.astimezone(stretch.zone)
    midnight = began.replace(hour=0, minute=0, second=0, microsecond=0)
    t = (midnight + timedelta(seconds=seconds) - began).total_seconds()
    if t < 0 and t + 24 * 3600 <= stretch.length_t:
        t += 24 * 3600
    if not -1 <= t <= stretch.length_t + 1:
        ended = began + timedelta(seconds=stretch.length_t)
        raise ValueError(f"the run went from {began:%H:%M:%S} to {ended:%H:%M:%S}")
    return _inside(t, stretch)


def _inside(t: float, stretch: Stretch) -> float:
    return min(max(0.0, t), stretch.length_t)
