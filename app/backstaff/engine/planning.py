"""Tells a plan to those who watch the run."""

from backstaff.engine.context import RunContext
from backstaff.events.types import PairPlanned, PlanMade
from backstaff.plan.plan import Plan


def announce_plan(run: RunContext, plan: Plan) -> None:
    """Emit what the run will do. Pairs that need not be booted are in group 0, and nobody waits at a barrier
    that is open from the beginning."""
    pairs = tuple(
        PairPlanned(
            host=pair.host,
            role=pair.role,
            group=number,
            gatekeeper=plan.barrier is not None and plan.is_gatekeeper(pair),
            proxied=run.config.role(pair.role).proxied,
        )
        for number, pair in (
            *((group.number, pair) for group in plan.groups for pair in group.pairs),
            *((0, pair) for pair in plan.done),
        )
    )
    closed = plan.barrier is not None and not plan.barrier.healthy
    run.stream.emit(
        PlanMade(
            hosts=plan.hosts,
            pairs=pairs,
            groups=tuple(group.hosts for group in plan.groups),
            phases=plan.phases,
            barrier=plan.barrier.role if plan.barrier is not None and closed else "",
            warnings=plan.warnings,
        )
    )
