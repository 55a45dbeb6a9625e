"""A whole run, from the first connection to the last look: deploy, redeploy, rollback, app boot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from backstaff.engine.alongside import alongside
from backstaff.engine.audit import AuditTrail
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.finish import prune, tag_latest
from backstaff.engine.fleet import Fleet, connected
from backstaff.engine.hooks import Hooks
from backstaff.engine.image import ImageBuild
from backstaff.engine.lock import DeployLock, LockPatience
from backstaff.engine.observe import observe, verify
from backstaff.engine.prepare import Preparation
from backstaff.engine.pull import pull_everywhere
from backstaff.engine.rollback import require_version
from backstaff.engine.rollout import Rollout
from backstaff.engine.together import on_each
from backstaff.errors import RemoteError
from backstaff.events.facts import PairVerdict, Phase
from backstaff.hosts.protocol import Connector
from backstaff.kamal.lock import LockOwner
from backstaff.plan.plan import Command, Plan


@dataclass(frozen=True)
class DeployOptions:
    """How a run is carried out, beside its plan. `lock_inherited`: a caller already holds the lock."""

    skip_push: bool = False
    skip_hooks: bool = False
    no_cache: bool = False
    lock_inherited: bool = False
    roles_asked: tuple[str, ...] = ()
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
        self._audit = AuditTrail(run)
        self._hooks = Hooks(
            run, hosts=plan.selection.hosts, roles=options.roles_asked, skip=options.skip_hooks
        )

    async def carry_out(self) -> None:
        """Do all of it. Raises what made it fail; by then the lock is released and the hosts were
        observed again."""
        began = self._run.clock.now()
        async with alongside(self._run.waits.explain_until_cancelled()):
            await self._hooks.run("pre-connect")
            async with connected(self._run, self._connector, self._plan.hosts) as fleet:
                await self._with_fleet(fleet)
            if self._plan.command.runs_deploy_hooks:
                runtime = self._run.clock.now() - began
                await self._hooks.run("post-deploy", runtime_s=runtime)

    async def _with_fleet(self, fleet: Fleet) -> None:
        run, plan = self._run, self._plan
        watches = {
            host.name: ContainerWatch(run, host, plan.selection.roles_on(host.name))
            for host in fleet.some(plan.selection.app_hosts)
        }
        lock = DeployLock(
            run, fleet[plan.lock_host], self._owner, is_dead=self._is_dead, patience=self._options.patience
        )
        with run.report.phase(Phase.CONNECT):
            if not self._options.lock_inherited:
                await lock.refuse_if_held()
            await observe(run, plan, watches)
            if plan.command is Command.ROLLBACK:
                await require_version(run, plan, watches)
        touched = False
        try:
            async with alongside(*(watch.follow() for watch in watches.values())):
                await self._image(fleet)
                touched = True
                await self._locked(fleet, watches, lock)
        except BaseException:
            if touched:
                await self._last_look(fleet, watches)
            raise
        refuse_if_split(await self._last_look(fleet, watches))

    async def _image(self, fleet: Fleet) -> None:
        run, plan = self._run, self._plan
        if not plan.command.brings_image:
            return
        if not self._options.skip_push:
            with run.report.phase(Phase.BUILD):
                await ImageBuild(run, self._hooks, no_cache=self._options.no_cache).build_and_push()
        with run.report.phase(Phase.PULL):
            await pull_everywhere(run, fleet.some(plan.selection.app_hosts))
            for host in plan.selection.app_hosts:
                self._audit.note(host, f"Pulled image with version {run.version}")

    async def _locked(self, fleet: Fleet, watches: Mapping[str, ContainerWatch], lock: DeployLock) -> None:
        run, plan = self._run, self._plan
        inherited = self._options.lock_inherited
        with run.report.phase(Phase.LOCK):
            if not inherited:
                await lock.acquire()
        self._hooks.locked = True
        try:
            if plan.command.runs_deploy_hooks:
                await self._hooks.run("pre-deploy")
            with run.report.phase(Phase.PREPARE):
                pages = self._options.error_pages
                await Preparation(run, plan, watches, self._audit, pages).prepare(fleet.hosts)
            with run.report.phase(Phase.BOOT):
                await Rollout(run, plan, watches, self._audit, self._hooks).boot()
            with run.report.phase(Phase.FINISH):
                await on_each(fleet.hosts, lambda host: self._finish(fleet, host.name))
        finally:
            self._hooks.locked = False
            await lock.release()

    async def _finish(self, fleet: Fleet, name: str) -> None:
        host = fleet[name]
        if name in self._plan.selection.app_hosts:
            await tag_latest(self._run, host, self._audit)
        if self._plan.command.prunes:
            await prune(self._run, host, self._audit)
        await self._audit.flush(host)

    async def _last_look(self, fleet: Fleet, watches: Mapping[str, ContainerWatch]) -> Sequence[PairVerdict]:
        """Observe the hosts again, and write what is still missing in their audit logs."""
        with self._run.report.phase(Phase.VERIFY):
            for host in fleet.hosts:
                await self._audit.flush(host)
            return await verify(self._run, self._plan, watches)


def refuse_if_split(verdicts: Sequence[PairVerdict]) -> None:
    """Raise if the hosts do not show what the run has promised, although every step said it went well."""
    wrong = [each for each in verdicts if not each.agrees]
    if not wrong:
        return
    lines = [f"{each.role}@{each.host}: {each.unknown or each.note}" for each in wrong]
    raise RemoteError(
        "every step went well, but the hosts do not show the new version everywhere",
        where=wrong[0].host,
        evidence=lines,
        fix="something else may have changed them meanwhile: look at `backstaff app details`, deploy again",
    )
