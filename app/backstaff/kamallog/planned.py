"""The plan that a run seems to have followed: Kamal prints none, so it is read off what was done."""

from backstaff.events.facts import Phase
from backstaff.events.types import PairPlanned, PlanMade
from backstaff.kamallog.commands import Kind
from backstaff.kamallog.survey import Survey

_BY_KIND = (
    (Phase.BUILD, Kind.BUILD),
    (Phase.PULL, Kind.PULL),
    (Phase.LOCK, Kind.RUN_DIRECTORY),
    (Phase.PREPARE, Kind.LIST),
)


def plan_of(survey: Survey) -> PlanMade | None:
    """Pairs, boot groups and the barrier as far as the log shows them; None if it names no pair.

    Hosts that never began to boot make up a last group: of which ones they were is not to be seen."""
    if not survey.pairs:
        return None
    groups = _groups(survey)
    number = {host: place for place, group in enumerate(groups, 1) for host in group}
    waiting = survey.gate is not None and any(role != survey.gate for _, role in survey.pairs)
    return PlanMade(
        hosts=tuple(survey.hosts | {host: None for host, _ in survey.pairs}),
        pairs=tuple(
            PairPlanned(
                host=host,
                role=role,
                group=number[host],
                gatekeeper=role == survey.gate,
                proxied=_proxied(survey, host, role),
            )
            for host, role in sorted(survey.pairs, key=lambda pair: number[pair[0]])
        ),
        groups=groups,
        phases=_phases(survey),
        barrier=(survey.gate or "") if waiting else "",
    )


def _groups(survey: Survey) -> tuple[tuple[str, ...], ...]:
    begun = [tuple(group) for group in survey.groups]
    known = {host for group in begun for host in group}
    rest = tuple(dict.fromkeys(host for host, _ in survey.pairs if host not in known))
    return (*begun, rest) if rest else tuple(begun)


def _proxied(survey: Survey, host: str, role: str) -> bool:
    if survey.proxied:
        return role in survey.proxied
    return host in survey.proxy_hosts and role in {survey.gate, "web"}


def _phases(survey: Survey) -> tuple[Phase, ...]:
    seen = [phase for phase, kind in _BY_KIND if kind in survey.kinds]
    last = [Phase.FINISH] if {Kind.TAG, Kind.PRUNE} & survey.kinds else []
    return (*seen, Phase.BOOT, *last)
