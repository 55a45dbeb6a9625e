"""Boot groups, one after the other; within a group hosts (or all pairs) at once."""

import asyncio
from collections.abc import Mapping, Sequence

from backstaff.engine.audit import AuditTrail
from backstaff.engine.barrier import Barrier
from backstaff.engine.boot import PairBoot, PairResult
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.going_back import TakenOver
from backstaff.engine.hooks import Hooks
from backstaff.engine.limits import SLACK_S, pair_limit_s
from backstaff.engine.together import with_others
from backstaff.engine.waits import Wait
from backstaff.errors import BackstaffError
from backstaff.events.facts import PairState, WaitKind
from backstaff.events.types import PairChanged
from backstaff.plan.groups import BootGroup
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan


class Rollout:
    """Boots all groups of a plan."""

    def __init__(
        self,
        run: RunContext,
        plan: Plan,
        watches: Mapping[str, ContainerWatch],
        audit: AuditTrail,
        hooks: Hooks,
    ) -> None:
        self._run = run
        self._plan = plan
        self._watches = watches
        self._audit = audit
        self._hooks = hooks
        self._taken: list[TakenOver] = []
        self._barrier: Barrier | None = None
        if plan.barrier is not None:
            role = run.config.role(plan.barrier.role)
            self._barrier = Barrier(role.name, pair_limit_s(run.config, role), run.stream)

    @property
    def taken_over(self) -> Sequence[TakenOver]:
        """The pairs that the new version has taken over so far, in the order of the groups."""
        return tuple(self._taken)

    async def boot(self) -> None:
        """Boot group by group. A failure lets its group finish, then ends the rollout: what is healthy by
        then stays on the new version, later groups stay untouched."""
        self._open_what_is_open()
        last = self._plan.groups[-1] if self._plan.groups else None
        for group in self._plan.groups:
            await self._hooks.run("pre-app-boot", hosts=group.hosts)
            results = await self._boot_group(group)
            self._taken += [_taken_over(each) for each in results if each.new]
            failures = [each.error for each in results if each.error is not None]
            if failures:
                self._halt_rest(group, failures[0])
                raise with_others(failures)
            await self._hooks.run("post-app-boot", hosts=group.hosts)
            if group is not last:
                await self._rest()

    def _open_what_is_open(self) -> None:
        """A gatekeeper that is not booted because it was seen to be healthy lets everybody go at once."""
        barrier = self._plan.barrier
        if self._barrier is not None and barrier is not None and barrier.healthy:
            self._barrier.open_since_before([pair.host for pair in barrier.healthy])

    async def _boot_group(self, group: BootGroup) -> Sequence[PairResult]:
        if self._barrier is not None:
            self._barrier.expect([pair.host for pair in group.pairs if self._plan.is_gatekeeper(pair)])
        lanes = self._lanes(group)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._boot_lane(lane)) for lane in lanes]
        return [result for task in running for result in task.result()]

    def _lanes(self, group: BootGroup) -> Sequence[Sequence[Pair]]:
        """What boots one after the other: the roles of a host, or with `parallel_roles` nothing does."""
        if self._plan.parallel_roles:
            return [[pair] for pair in group.pairs]
        return [group.on(host) for host in group.hosts]

    async def _boot_lane(self, lane: Sequence[Pair]) -> Sequence[PairResult]:
        results: list[PairResult] = []
        for place, pair in enumerate(lane):
            failed = next((each for each in results if each.error is not None), None)
            boot = self._pair(pair)
            if failed is not None:
                results.append(boot.halt(f"{failed.role} failed on {failed.host}"))
                continue
            for behind in lane[place + 1 :]:
                self._queued(behind, f"behind {pair.role} on the same host")
            results.append(await boot.boot())
        return results

    def _pair(self, pair: Pair) -> PairBoot:
        return PairBoot(
            self._run,
            self._run.config.role(pair.role),
            self._watches[pair.host],
            self._audit,
            self._barrier,
            gatekeeper=self._plan.is_gatekeeper(pair),
        )

    def _queued(self, pair: Pair, detail: str) -> None:
        self._run.stream.emit(
            PairChanged(host=pair.host, role=pair.role, state=PairState.QUEUED, detail=detail)
        )

    def _halt_rest(self, failed: BootGroup, error: BackstaffError) -> None:
        for group in self._plan.groups[self._plan.groups.index(failed) + 1 :]:
            for pair in group.pairs:
                self._pair(pair).halt(f"an earlier group failed: {error.what}")

    async def _rest(self) -> None:
        """`boot.wait`, between groups. Kamal also waits after the last one, which serves nobody."""
        seconds = self._plan.group_wait
        if not seconds:
            return
        wait = Wait(WaitKind.PAUSE, "boot.wait between groups", "the clock", seconds, slack_s=SLACK_S)
        await self._run.waits.wait(wait, lambda _: self._run.clock.sleep(seconds))


def _taken_over(result: PairResult) -> TakenOver:
    failed = result.error.what if result.error is not None else ""
    return TakenOver(Pair(result.host, result.role), result.new, result.old, failed)
