"""Durations, counts and lists as people write them."""

from collections.abc import Iterable, Sequence

NO_LIMIT = "no limit"
"""Of a wait that nothing ends but what it waits for, as some of Kamal's are."""


def duration(seconds: float) -> str:
    """`0.9 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def at_most(limit_s: float) -> str:
    """`at most 45 s`; of a wait whose limit is 0, `no limit`."""
    return f"at most {duration(limit_s)}" if limit_s else NO_LIMIT


def left_of(limit_s: float, left_s: float) -> str:
    """`33 s left`; of a wait whose limit is 0, `no limit`."""
    return f"{duration(left_s)} left" if limit_s else NO_LIMIT


def counted(count: int, noun: str) -> str:
    """`1 host`, `3 hosts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def times(count: int) -> str:
    """`once`, `twice`, `9 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def listed(names: Sequence[str], most: int = 8) -> str:
    """`h1, h2 and h3`; beyond `most` names the rest is counted."""
    if not names:
        return "nobody"
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def by_role(pairs: Iterable[tuple[str, str]]) -> str:
    """Pairs of host and role, role by role: `job on h3 and h4, cron on h5`."""
    hosts: dict[str, list[str]] = {}
    for host, role in pairs:
        hosts.setdefault(role, []).append(host)
    return ", ".join(f"{role} on {listed(names)}" for role, names in hosts.items())


def undoubled(text: str) -> str:
    """A chain of causes without its repetitions: `a: b: b` is `a: b`."""
    parts = text.split(": ")
    return ": ".join(part for place, part in enumerate(parts) if place == 0 or part != parts[place - 1])


def size(count: int) -> str:
    """Bytes in decimal units: `812 kB`, `4.1 GB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{amount:.0f} {unit}" if unit in {"B", "kB"} or amount >= 9.95 else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
