"""Two runs side by side, as text."""

from collections.abc import Sequence
from statistics import median

from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.words import duration
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown, styled
from backstaff.replay.compare import AT_LEAST_S, GREW_BY, Compared, Comparison, RunFacts

MOST_HOSTS = 10
"""How many hosts are shown: those that grew most. The others are counted."""
GREW = "▲ grew"
_SECONDS = 11


def compare_lines(comparison: Comparison) -> list[Shown]:
    """Both runs, what makes them differ, and their seconds with what grew marked by a sign and a word."""
    lines: list[Shown] = [_run("A", comparison.before), _run("B", comparison.after)]
    lines += [styled(inert(f"   {each}"), Tone.WARNING) for each in comparison.differences]
    hosts, left_out = _shown(comparison.hosts)
    width = _name_width([comparison.total, *comparison.phases, *hosts, *comparison.boots])
    lines += [
        "",
        styled(_cells("", width, "A", "B", "change").rstrip(), Tone.DIM),
        _row(comparison.total, width),
    ]
    lines += _part("phases", comparison.phases, width)
    lines += _part("hosts, worked or waited", hosts, width)
    if left_out:
        lines.append(styled(_left_out(left_out), Tone.DIM))
    lines += _part("until healthy, median of each role", comparison.boots, width)
    return [*lines, "", _verdict(comparison)]


def _run(letter: str, run: RunFacts) -> str:
    where = f"{run.service} ({run.destination})" if run.destination else run.service
    what = " ".join(part for part in (run.command, f"of {where}" if where else "", run.version) if part)
    return inert(f"{letter}  {run.run}  {what}: {run.verdict or 'no end'}")


def _shown(hosts: Sequence[Compared]) -> tuple[list[Compared], list[Compared]]:
    if len(hosts) <= MOST_HOSTS:
        return list(hosts), []
    ordered = sorted(hosts, key=lambda each: (not each.grew, each.more_s is None, -(each.more_s or 0.0)))
    return ordered[:MOST_HOSTS], ordered[MOST_HOSTS:]


def _left_out(hosts: Sequence[Compared]) -> str:
    grew = sum(each.grew for each in hosts)
    before = [each.before_s for each in hosts if each.before_s is not None]
    after = [each.after_s for each in hosts if each.after_s is not None]
    middle = f", median {duration(median(before))} and {duration(median(after))}" if before and after else ""
    return f"  and {len(hosts)} more{middle}; {grew or 'none'} of them grew"


def _name_width(rows: Sequence[Compared]) -> int:
    return min(24, max(columns(_name(row)) for row in rows))


def _name(row: Compared) -> str:
    return inert(row.name) or "this machine"


def _part(title: str, rows: Sequence[Compared], width: int) -> list[Shown]:
    return [styled(title, Tone.STRONG), *(_row(row, width) for row in rows)] if rows else []


def _row(row: Compared, width: int) -> Shown:
    name = _name(row)
    name = name if columns(name) <= width else f"{name[: width - 3]}..."
    line = _cells(name, width, _seconds(row.before_s), _seconds(row.after_s), _change(row))
    return f"{line}  " + styled(GREW, Tone.WARNING) if row.grew else line.rstrip()


def _cells(name: str, width: int, before: str, after: str, change: str) -> str:
    return f"  {padded(name, width)}{before:>{_SECONDS}}{after:>{_SECONDS}}  {change:<18}"


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def _change(row: Compared) -> str:
    more = row.more_s
    if more is None or row.before_s is None:
        return "only in B" if row.before_s is None else "only in A"
    if abs(more) < 0.05:
        return "same"
    share = f" {more / row.before_s:+.0%}" if row.before_s >= 0.05 else ""
    return f"{'+' if more > 0 else '-'}{duration(abs(more))}{share}"


def _verdict(comparison: Comparison) -> str:
    rows = [comparison.total, *comparison.phases, *comparison.hosts, *comparison.boots]
    grew = sum(row.grew for row in rows)
    longer = f"more than {GREW_BY:.0%}, and {duration(AT_LEAST_S)} at least, longer in B"
    return f"{GREW}: took {longer}" if grew else f"nothing took {longer}"
