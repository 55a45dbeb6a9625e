"""A whole run, from the first connection to the last look: deploy, redeploy, rollback, app boot."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from backstaff.config.models import OnFailure
from backstaff.engine.alongside import alongside
from backstaff.engine.audit import AuditTrail
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext, roles_of
from backstaff.engine.finish import tag_and_prune, tidy
from backstaff.engine.fleet import Fleet, connected
from backstaff.engine.going_back import TakenOver, go_back
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.hooks import Hooks
from backstaff.engine.image import ImageBuild
from backstaff.engine.local_registry import ensure_local_registry, lent_to
from backstaff.engine.lock import DeployLock
from backstaff.engine.lock_choice import LockPatience
from backstaff.engine.observe import observe, tell_room, verify
from backstaff.engine.planning import announce_plan
from backstaff.engine.prepare import Preparation
from backstaff.engine.pull import check_label, pull_everywhere
from backstaff.engine.resume import EarlierRun, Resuming, what_stays
from backstaff.engine.rollback import require_version
from backstaff.engine.rollout import Rollout
from backstaff.engine.together import at_once, both, on_each
from backstaff.errors import BackstaffError, RemoteError
from backstaff.events.facts import PairVerdict, Phase
from backstaff.events.types import Notice
from backstaff.hosts.protocol import Connector
from backstaff.kamal.audit import pulled
from backstaff.kamal.lock import LockOwner
from backstaff.plan.plan import Command, Plan
from backstaff.uninterrupted import uninterrupted


@dataclass(frozen=True)
class DeployOptions:
    """How a run is carried out, beside its plan. `lock_inherited`: a caller already holds the lock.
    `pre_connected`: the hook `pre-connect` has run already, for a look before the run. `resumes` is the run
    that this one goes on with: what that has done, and the hosts still show, is not done again."""

    skip_push: bool = False
    skip_hooks: bool = False
    no_cache: bool = False
    lock_inherited: bool = False
    pre_connected: bool = False
    resumes: EarlierRun | None = None
    patience: LockPatience = field(default_factory=LockPatience)
    error_pages: Mapping[str, bytes] = field(default_factory=dict)


class Deploy:
    """Carries one plan out."""

    def __init__(
        self,
        run: RunContext,
        plan: Plan,
        connector: Connector,
        owner: LockOwner,
        is_dead: Callable[[LockOwner], bool],
        options: DeployOptions,
    ) -> None:
        self._run = run
        self._plan = plan
        self._connector = connector
        self._owner = owner
        self._is_dead = is_dead
        self._options = options
        self._whole = plan
        self._resuming: Resuming | None = None
        self._audit = AuditTrail(run)
        self._hooks = Hooks(
            run, hosts=plan.selection.hosts, roles=plan.selection.filtered_roles, skip=options.skip_hooks
        )

    @property
    def plan(self) -> Plan:
        """What is carried out: the plan that was given, without what was found done already."""
        return self._plan

    async def carry_out(self) -> None:
        """Do all of it. Raises what made it fail; by then the lock is released and the hosts were
        observed again."""
        began = self._run.clock.now()
        async with alongside(self._run.waits.explain_until_cancelled()):
            if not self._options.pre_connected:
                await self._hooks.run("pre-connect")
            async with AsyncExitStack() as until_the_end:
                with self._run.report.phase(Phase.CONNECT):
                    connecting = connected(self._run, self._connector, self._plan.hosts)
                    fleet = await until_the_end.enter_async_context(connecting)
                    watches = self._watches(fleet)
                    lock = self._lock(fleet)
                    rooms = (tell_room(self._run, watch.host) for watch in watches.values())
                    await until_the_end.enter_async_context(alongside(*rooms))
                    await self._look_first(watches, lock)
                await self._change(fleet, watches, lock)
            if self._plan.command.runs_deploy_hooks:
                runtime = self._run.clock.now() - began
                await self._hooks.run("post-deploy", runtime_s=runtime)

    def _watches(self, fleet: Fleet) -> Mapping[str, ContainerWatch]:
        selection = self._plan.selection
        return {
            host.name: ContainerWatch(self._run, host, selection.roles_on(host.name))
            for host in fleet.some(selection.app_hosts)
        }

    def _lock(self, fleet: Fleet) -> DeployLock:
        host = fleet[self._plan.lock_host]
        return DeployLock(
            self._run, host, self._owner, is_dead=self._is_dead, patience=self._options.patience
        )

    async def _look_first(self, watches: Mapping[str, ContainerWatch], lock: DeployLock) -> None:
        """Find out, before anything is changed, what would make the run fail."""
        held = lock.warn_if_free() if self._options.lock_inherited else lock.refuse_if_held()
        await at_once(held, observe(self._run, self._plan, watches))
        await self._leave_out_what_is_done(watches)
        if self._plan.command is Command.ROLLBACK:
            await require_version(self._run, self._plan, watches)
        if self._plan.command is Command.APP_BOOT:
            image = self._run.config.absolute_image(self._run.version)
            hosts = [watch.host for watch in watches.values()]
            await on_each(hosts, lambda host: check_label(self._run, host, image))

    async def _leave_out_what_is_done(self, watches: Mapping[str, ContainerWatch]) -> None:
        """Narrow the plan to what the run that this one goes on with has left to do. The container tables
        must be fresh. Raises `PlanRefused` if something else was deployed since."""
        earlier = self._options.resumes
        if earlier is None:
            return
        if self._resuming is None:
            self._resuming = Resuming(self._run, self._whole, watches, earlier)
        before, self._plan = self._plan, await self._resuming.narrowed()
        if self._plan != before or before == self._whole:
            self._run.stream.emit(Notice(level="info", text=what_stays(self._plan, earlier.run)))
        if self._plan != before:
            announce_plan(self._run, self._plan)

    async def _look_once_more(self, watches: Mapping[str, ContainerWatch]) -> None:
        """Under the lock nobody else deploys: what holds now holds until the boot."""
        if self._options.resumes is not None:
            await learn(watches)
            await self._leave_out_what_is_done(watches)

    async def _change(self, fleet: Fleet, watches: Mapping[str, ContainerWatch], lock: DeployLock) -> None:
        """Everything that changes hosts, and the look at them afterwards, which a failure also ends with."""
        async with alongside(*(watch.follow() for watch in watches.values())):
            try:
                await self._image(fleet)
                await self._locked(fleet, watches, lock)
            except BaseException:
                await self._conclude(fleet, watches, lock)
                raise
            verdicts = await self._conclude(fleet, watches, lock)
        refuse_if_split(verdicts)
        lock.refuse_if_left_behind()

    async def _image(self, fleet: Fleet) -> None:
        run, plan = self._run, self._plan
        if not plan.command.brings_image:
            return
        if not self._options.skip_push:
            with run.report.phase(Phase.BUILD):
                await ImageBuild(run, self._hooks, no_cache=self._options.no_cache).build_and_push()
        app_hosts = fleet.some(plan.selection.app_hosts)
        with run.report.phase(Phase.PULL):
            await ensure_local_registry(run)
            async with lent_to(run, app_hosts):
                await pull_everywhere(run, plan, app_hosts)
            for host in plan.selection.app_hosts:
                self._audit.note(host, pulled(run.version))

    async def _check_labels(self, fleet: Fleet) -> None:
        """Refuse an image that pruning would not find. It is looked at while the lock is taken."""
        if self._plan.command.brings_image:
            image = self._run.config.absolute_image(self._run.version)
            hosts = fleet.some(self._plan.selection.app_hosts)
            await on_each(hosts, lambda host: check_label(self._run, host, image))

    async def _locked(self, fleet: Fleet, watches: Mapping[str, ContainerWatch], lock: DeployLock) -> None:
        run = self._run
        hosts = fleet.some(self._plan.selection.hosts)
        try:
            with run.report.phase(Phase.LOCK):
                held = () if self._options.lock_inherited else (lock.acquire(),)
                early = (learn(watches),) if self._may_look_early() else ()
                await both(self._check_labels(fleet), *held, *early)
                await self._look_once_more(watches)
            self._hooks.locked = True
            if self._plan.command.runs_deploy_hooks:
                await self._hooks.run("pre-deploy")
            with run.report.phase(Phase.PREPARE):
                pages = self._options.error_pages
                seen = bool(early) and lock.undisturbed
                preparation = Preparation(run, self._plan, watches, self._audit, pages, seen=seen)
                await preparation.prepare(hosts)
            await self._boot(watches)
            with run.report.phase(Phase.FINISH):
                await on_each(hosts, self._finish)
        finally:
            self._hooks.locked = False

    def _may_look_early(self) -> bool:
        """Whether the hosts can be looked at while the lock is taken, and not after it: then that they are
        as they were holds if nobody else has had the lock since. A hook may do anything."""
        waits_for_hook = self._plan.command.runs_deploy_hooks and self._hooks.has("pre-deploy")
        return not (self._options.lock_inherited or self._options.resumes or waits_for_hook)

    async def _conclude(
        self, fleet: Fleet, watches: Mapping[str, ContainerWatch], lock: DeployLock
    ) -> Sequence[PairVerdict]:
        """Give the lock back, and while that is done take the last look, which changes nothing but
        traffic that goes nowhere."""
        async with asyncio.TaskGroup() as both:
            both.create_task(uninterrupted(lock.release()))
            looking = both.create_task(self._last_look(fleet, watches))
        return looking.result()

    async def _boot(self, watches: Mapping[str, ContainerWatch]) -> None:
        """Boot, and where that fails go back as far as that is wanted. Who cancels does not want more to be
        changed, and may not have the time: then everything stays where it is."""
        run, plan = self._run, self._plan
        rollout = Rollout(run, plan, watches, self._audit, self._hooks)
        try:
            with run.report.phase(Phase.BOOT):
                await rollout.boot()
        except Exception as failure:
            taken = (*self._taken_over_before(watches), *rollout.taken_over)
            if plan.on_failure is OnFailure.ROLLBACK and taken:
                with run.report.phase(Phase.ROLLBACK):
                    left = await go_back(run, watches, self._audit, taken, parallel_roles=plan.parallel_roles)
                _add(left, failure)
            raise

    def _taken_over_before(self, watches: Mapping[str, ContainerWatch]) -> Sequence[TakenOver]:
        """What an earlier run has brought to the version, which is no use if this one fails."""
        earlier = self._options.resumes
        if earlier is None:
            return ()
        return [found for pair in self._plan.done if (found := earlier.taken_over(self._run, pair, watches))]

    async def _finish(self, host: GuardedHost) -> None:
        tags, prunes = host.name in self._plan.selection.app_hosts, self._plan.command.prunes
        await tag_and_prune(self._run, host, self._audit, tags=tags, prunes=prunes)
        roles = roles_of(self._run.config, self._plan, host.name)
        await tidy(self._run, host, roles, self._audit)

    async def _last_look(self, fleet: Fleet, watches: Mapping[str, ContainerWatch]) -> Sequence[PairVerdict]:
        """Observe the hosts again, and write what a failure has left out of their audit logs."""
        with self._run.report.phase(Phase.VERIFY):
            async with asyncio.TaskGroup() as group:
                for host in fleet.hosts:
                    group.create_task(self._audit.flush(host))
                looking = group.create_task(verify(self._run, self._plan, watches))
            return looking.result()


def _add(lines: Sequence[str], failure: Exception) -> None:
    """Let what a run has failed with tell more."""
    if isinstance(failure, BackstaffError):
        failure.evidence = (*lines, *failure.evidence)
        return
    for line in lines:
        failure.add_note(line)


async def learn(watches: Mapping[str, ContainerWatch]) -> None:
    """List the containers of all hosts anew."""
    await on_each([watch.host for watch in watches.values()], lambda host: watches[host.name].learn())


def refuse_if_split(verdicts: Sequence[PairVerdict]) -> None:
    """Raise if the hosts do not show what the run has promised, although every step said it went well."""
    wrong = [each for each in verdicts if not each.agrees]
    if not wrong:
        return
    lines = [f"{each.role} on {each.host}: {each.unknown or each.note}" for each in wrong]
    if all(each.unknown for each in wrong):
        raise RemoteError(
            "not all hosts could be looked at again: it is not known whether the new version is everywhere",
            where=wrong[0].host,
            evidence=lines,
            fix="look at `backstaff app details` once they answer",
        )
    raise RemoteError(
        "every step went well, but the hosts do not show the new version everywhere",
        where=wrong[0].host,
        evidence=lines,
        fix="something else may have changed them meanwhile: look at `backstaff app details`, deploy again",
    )
