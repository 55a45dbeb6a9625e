"""Two runs side by side: what took longer in the second one, and what only one of them has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from backstaff.explain.given import value_of
from backstaff.explain.words import listed
from backstaff.replay.breakdown import Breakdown

GREW_BY = 0.25
"""What took more than this share longer has grown …"""
AT_LEAST_S = 1.0
"""… if it is also this much longer: what is over in a moment doubles by chance."""


@dataclass(frozen=True)
class Compared:
    """Something's seconds in both runs; None in a run that does not have it."""

    name: str
    before_s: float | None
    after_s: float | None

    @property
    def more_s(self) -> float | None:
        """How much longer it took, negative if it was quicker; None if one run does not have it."""
        if self.before_s is None or self.after_s is None:
            return None
        return round(self.after_s - self.before_s, 3)

    @property
    def grew(self) -> bool:
        """Whether it took longer by more than chance."""
        more = self.more_s
        if more is None or self.before_s is None:
            return False
        return more >= AT_LEAST_S and more > self.before_s * GREW_BY


@dataclass(frozen=True)
class RunFacts:
    """What a run was. `verdict` is empty for one that was cut off or goes on; `resumes` names the run that it
    goes on with, if any."""

    run: str
    command: str
    service: str
    destination: str
    version: str
    verdict: str
    resumes: str
    hosts: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Two runs, `before` and `after`. `hosts` are their seconds of work and waiting; `boots` those from a
    container's start until it was healthy, of each role the median. `differences` are sentences about what
    makes the runs hard to compare."""

    before: RunFacts
    after: RunFacts
    total: Compared
    phases: tuple[Compared, ...]
    hosts: tuple[Compared, ...]
    boots: tuple[Compared, ...]
    differences: tuple[str, ...]


def compare(before: Breakdown, after: Breakdown) -> Comparison:
    """Put two runs side by side. The second is expected to be the later one, but need not be."""
    first, second = _facts(before), _facts(after)
    return Comparison(
        before=first,
        after=second,
        total=Compared("total", before.total_s, after.total_s),
        phases=_paired(_phases(before), _phases(after)),
        hosts=_paired(_hosts(before), _hosts(after)),
        boots=_paired(_boots(before), _boots(after)),
        differences=tuple(_differences(first, second)),
    )


def _facts(told: Breakdown) -> RunFacts:
    started = told.started
    hosts = dict.fromkeys([*(pair.host for pair in told.planned), *(each.host for each in told.hosts)])
    lanes = [lane.role for phase in told.phases for lane in phase.lanes]
    roles = dict.fromkeys([*(pair.role for pair in told.planned), *lanes])
    return RunFacts(
        run=started.run if started else "",
        command=started.command if started else "",
        service=started.service if started else "",
        destination=started.destination if started else "",
        version=started.version if started else "",
        verdict=told.ended.verdict if told.ended else "",
        resumes=(value_of(started, "--resume") or "") if started else "",
        hosts=tuple(host for host in hosts if host),
        roles=tuple(role for role in roles if role),
    )


def _phases(told: Breakdown) -> dict[str, float]:
    return {phase.name: phase.seconds for phase in told.phases}


def _hosts(told: Breakdown) -> dict[str, float]:
    return {each.host: round(each.worked_s + each.waited_s, 3) for each in told.hosts}


def _boots(told: Breakdown) -> dict[str, float]:
    roles: dict[str, list[float]] = {}
    for start in told.starts:
        roles.setdefault(start.role, []).append(start.seconds)
    return {role: round(median(seconds), 3) for role, seconds in roles.items()}


def _paired(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[Compared, ...]:
    return tuple(
        Compared(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])
    )


def _differences(before: RunFacts, after: RunFacts) -> Iterator[str]:
    for what, one, other in (
        ("service", before.service, after.service),
        ("destination", before.destination, after.destination),
        ("command", before.command, after.command),
        ("version", before.version, after.version),
    ):
        if one != other:
            yield f"the {what} differs: {one or 'none'} in A, {other or 'none'} in B"
    yield from _only("host", before.hosts, after.hosts)
    yield from _only("role", before.roles, after.roles)
    for name, run in (("A", before), ("B", after)):
        if run.resumes:
            yield f"{name} goes on with run {run.resumes}: what that had done it leaves out"
        if not run.verdict:
            yield f"{name} has no end: it was cut off, or still goes on"
        elif run.verdict != "done":
            yield f"{name} was not carried out to its end: {run.verdict}"


def _only(noun: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for name, mine, others in (("A", before, after), ("B", after, before)):
        alone = [each for each in mine if each not in set(others)]
        if alone:
            yield f"only {name} has the {noun if len(alone) == 1 else f'{noun}s'} {listed(alone)}"
