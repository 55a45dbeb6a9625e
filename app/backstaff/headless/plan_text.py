"""A plan as text: who boots when, who waits for whom, what is probed, and every change."""

from collections.abc import Iterable, Sequence

from backstaff.explain.words import by_role, listed
from backstaff.headless.colour import Tone
from backstaff.headless.styled import Shown, styled
from backstaff.plan.outline import HostOutline, Outline, PairOutline

_LABEL = 10
_ON_FAILURE = {
    "stop": "a boot that fails ends the run; what is healthy by then stays on the new version",
    "rollback": "a boot that fails ends the run; what is healthy by then goes back to the version before",
}


def plan_lines(plan: Outline) -> list[Shown]:
    """The whole plan. Command lines are never broken, so that they can be copied."""
    lines: list[Shown] = [_headline(plan), ""]
    lines += _part("config", plan.files)
    lines += _part("phases", [" -> ".join(plan.phases)])
    lines += _part("lock", [plan.lock])
    lines += _part("barrier", proof_lines(plan))
    lines += _part("failure", [_ON_FAILURE[plan.on_failure]])
    lines += _part("warnings", plan.warnings)
    lines += ["", *_groups(plan)]
    for host in plan.hosts:
        lines += ["", *_changes(host)]
    return lines


def proof_lines(plan: Outline) -> list[str]:
    """Why nobody waits for ever: which group opens the barrier, and which groups wait at it. Empty where no
    role waits for another."""
    if not any(pair.waits_for for group in plan.groups for pair in group.pairs):
        return []
    role = next(pair.role for group in plan.groups for pair in group.pairs if pair.opens_barrier)
    lines: list[str] = []
    opening: list[str] = []
    for group in plan.groups:
        name = f"group {group.number}"
        keepers = [pair for pair in group.pairs if pair.opens_barrier]
        waiting = [pair for pair in group.pairs if pair.waits_for]
        if keepers:
            opening.append(name)
            once = "it is" if len(keepers) == 1 else "the first of them is"
            lines.append(f"{name}: {_who(keepers)} opens barrier {role} once {once} healthy")
        if waiting:
            by = listed(["its own group" if each == name else each for each in opening])
            lines.append(f"{name}: {_who(waiting)} waits at barrier {role}, which {by} can open")
    return [*lines, f"hosts of {role} come first, wherever deploy.yml names them"]


def _who(pairs: Sequence[PairOutline]) -> str:
    return by_role((pair.host, pair.role) for pair in pairs)


def _headline(plan: Outline) -> Shown:
    name = f"{plan.service} ({plan.destination})" if plan.destination else plan.service
    return styled(f"{plan.command} of {name} {plan.version}", Tone.STRONG)


def _part(label: str, texts: Iterable[str]) -> list[str]:
    return [f"{label if number == 0 else '':<{_LABEL}}{text}" for number, text in enumerate(texts)]


def _groups(plan: Outline) -> list[Shown]:
    pairs = [pair for group in plan.groups for pair in group.pairs]
    widths = [max(len(cell) for cell in column) for column in zip(*map(_cells, pairs), strict=True)]
    lines: list[Shown] = []
    for group in plan.groups:
        lines.append(styled(_group_title(plan, group.number), Tone.STRONG))
        for pair in group.pairs:
            lines.append(f"  {_row(_cells(pair), widths)}   {_part_in_barrier(pair)}".rstrip())
            lines.append(f"  {'':<{widths[0]}}  " + styled(f"probe: {pair.probe}", Tone.DIM))
    return lines


def _group_title(plan: Outline, number: int) -> str:
    title = f"group {number} of {len(plan.groups)}"
    if number > 1:
        title += ", after all of the group before are healthy"
        title += f" and {plan.group_wait_s:g} s more" if plan.group_wait_s else ""
    return title


def _cells(pair: PairOutline) -> tuple[str, str, str]:
    before = {None: "unknown", "": "nothing"}.get(pair.version_from, pair.version_from)
    return pair.host, pair.role, f"{before} -> {pair.version_to}"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True))


def _part_in_barrier(pair: PairOutline) -> str:
    if pair.waits_for:
        one_of = "one of " if len(pair.waits_for) > 1 else ""
        return f"waits until {one_of}{', '.join(pair.waits_for)} is healthy"
    return "lets the waiting roles boot once it is healthy" if pair.opens_barrier else ""


def _changes(host: HostOutline) -> list[Shown]:
    lines: list[Shown] = [styled(f"changes on {host.host or 'this machine'}", Tone.STRONG)]
    for number, step in enumerate(host.steps, start=1):
        role = f" ({step.role})" if step.role else ""
        lines.append(styled(f"  {number:>2} {step.title}{role}", Tone.DIM))
        lines += [f"     {line}" for line in step.line.splitlines()]
    return lines
