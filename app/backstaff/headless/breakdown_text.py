"""Where the time of a run went, as text: phases with bars, their slowest hosts, what those waited for."""

from collections.abc import Sequence
from statistics import median

from backstaff.events.board_state import pair_key
from backstaff.events.facts import Outcome
from backstaff.events.inert import inert
from backstaff.events.width import columns, padded
from backstaff.explain.words import counted, duration
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown, styled
from backstaff.replay.breakdown import BETWEEN, Breakdown, HostTime, LaneTime, PhaseTime

DEFAULT_WIDTH = 80
SLOWEST = 3
"""How many hosts of a phase are shown; of the others only how many there are, and their median."""
WORTH_SHOWING_S = 0.1
"""A phase or host that took less is not broken down further."""
WORKED, WAITED = "#", "-"
_BAR = 14
_NAME = 20
_SECONDS = 11


def breakdown_lines(breakdown: Breakdown, width: int = DEFAULT_WIDTH) -> list[Shown]:
    """A line per phase and one for each of its slowest hosts, within `width` columns (0 means 80)."""
    width = width if width > 0 else DEFAULT_WIDTH
    total = duration(breakdown.total_s)
    title = f"where {total} went: {WORKED} worked, {WAITED} only waited"
    lines: list[Shown] = [styled(_cut(title, width), Tone.STRONG)]
    for phase in breakdown.phases:
        if phase.name == BETWEEN and phase.seconds < WORTH_SHOWING_S:
            continue
        lines.append(_phase_line(phase, breakdown, width))
        if phase.seconds >= WORTH_SHOWING_S:
            lines += _lane_lines(phase, width)
    return [*lines, *_calls(breakdown.hosts, width)]


def lane_name(lane: LaneTime) -> str:
    """`web@h1`, `h1`, or `this machine`."""
    return inert(pair_key(lane.host, lane.role) if lane.role else lane.host or "this machine")


def _phase_line(phase: PhaseTime, breakdown: Breakdown, width: int) -> Shown:
    share = phase.seconds / breakdown.total_s if breakdown.total_s else 0.0
    bad = phase.outcome not in {Outcome.DONE, Outcome.SKIPPED, None}
    ending = "" if phase.name == BETWEEN else _ending(phase)
    bar = padded("=" * round(share * _BAR), _BAR)
    line = f"{padded(phase.name, _NAME)}{duration(phase.seconds):>{_SECONDS}}  {bar}"
    rest = _cut(", ".join(part for part in (f"{share:.0%}", ending) if part), width - len(line) - 1)
    if not rest:
        return _cut(line, width)
    told = styled(rest, Tone.BAD if bad else Tone.PLAIN)
    return styled(line[:_NAME], Tone.STRONG) + f"{line[_NAME:]} " + told


def _ending(phase: PhaseTime) -> str:
    outcome = {Outcome.DONE: "", None: "not ended"}.get(phase.outcome, phase.outcome)
    several = phase.last is not None and len(phase.lanes) > 1
    last = f"last {lane_name(phase.last)}" if phase.last is not None and several else ""
    return ", ".join(part for part in (outcome, last) if part)


def _lane_lines(phase: PhaseTime, width: int) -> list[Shown]:
    lanes = sorted(phase.lanes, key=lambda lane: -lane.busy_s)
    lanes = [lane for lane in lanes if lane.busy_s >= WORTH_SHOWING_S]
    shown = lanes[: SLOWEST if len(lanes) > SLOWEST + 1 else None]
    shown += [lane for lane in lanes[len(shown) :] if lane is phase.last]
    lines: list[Shown] = [_lane_line(lane, phase, width) for lane in shown]
    if shown and shown[0].waits:
        longest = shown[0].waits[0]
        text = f"    {longest.what.value}: up to {longest.owner}; {longest.cause}"
        lines.insert(1, styled(_cut(inert(text), width), Tone.DIM))
    if len(shown) < len(lanes):
        middle = duration(median(lane.busy_s for lane in lanes))
        text = (
            f"  and {len(lanes) - len(shown)} more, none slower; half of all {len(lanes)}: {middle} or less"
        )
        lines.append(styled(_cut(text, width), Tone.DIM))
    return lines


def _lane_line(lane: LaneTime, phase: PhaseTime, width: int) -> str:
    name = padded(_cut(lane_name(lane), _NAME - 2), _NAME - 2)
    bar = padded(_bar(lane, phase.seconds), _BAR)
    return _cut(f"  {name}{duration(lane.busy_s):>{_SECONDS}}  {bar} {_waits(lane)}".rstrip(), width)


def _bar(lane: LaneTime, whole_s: float) -> str:
    """Where calls overlap a phase's edges, a lane may add up to more than the phase: the bar may not."""
    if not whole_s:
        return ""
    both = min(_BAR, round(lane.busy_s / whole_s * _BAR))
    worked = round(lane.worked_s / lane.busy_s * both) if lane.busy_s else 0
    return WORKED * worked + WAITED * (both - worked)


def _waits(lane: LaneTime) -> str:
    """`12 s barrier, 2 s readiness`."""
    kinds: dict[str, float] = {}
    for wait in lane.waits:
        kinds[wait.what.value] = kinds.get(wait.what.value, 0.0) + wait.seconds
    return ", ".join(
        f"{duration(seconds)} {kind}" for kind, seconds in kinds.items() if seconds >= WORTH_SHOWING_S
    )


def _calls(hosts: Sequence[HostTime], width: int) -> list[str]:
    calls, changing = sum(host.calls for host in hosts), sum(host.changing for host in hosts)
    if not calls:
        return []
    words = "1 command or API call" if calls == 1 else f"{calls} commands and API calls"
    called = sum(bool(host.calls) for host in hosts if host.host)
    most = max(hosts, key=lambda host: host.calls_s)
    where = inert(most.host or "this machine")
    return [
        _cut(f"{words} on {counted(called, 'host')}, {changing} of them changing something", width),
        _cut(f"most of their time on {where}: {most.calls} in {duration(most.calls_s)}", width),
    ]


def _cut(text: str, width: int) -> str:
    if columns(text) <= width:
        return text
    kept = max(0, width - 3)
    cut = text[:kept]
    while columns(cut) > kept:
        cut = cut[:-1]
    return f"{cut}..."[: max(0, width)]
