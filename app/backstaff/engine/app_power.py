"""`app start`, `app stop`, `app stale_containers --stop`: changes that make no new container."""

from collections.abc import Awaitable, Callable

from backstaff.config.models import Role
from backstaff.engine.app_state import watches_of
from backstaff.engine.audit import AuditTrail
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.progress import StepNote, outcome_of
from backstaff.engine.proxy import services_of
from backstaff.engine.switch import ProxySwitch
from backstaff.engine.together import on_each
from backstaff.errors import BackstaffError, RemoteError
from backstaff.events.types import Notice
from backstaff.kamal.audit import STOPPED_APP, started
from backstaff.kamal.names import PROXY_CONTAINER, container_name, container_prefix, version_of
from backstaff.kamal.proxy_deploy import remove_command
from backstaff.kamal.stopping import stop_grace
from backstaff.plan.selection import Selection


class AppPower:
    """Starts and stops what is on the selected hosts already."""

    def __init__(self, run: RunContext, fleet: Fleet, selection: Selection) -> None:
        self._run = run
        self._fleet = fleet
        self._selection = selection
        self._audit = AuditTrail(run)

    async def start(self) -> None:
        """Start the run's version of each role again, and give proxied roles their traffic back."""
        await self._on_pairs(self._start)

    async def stop(self) -> None:
        """Take proxied roles out of the proxy, then stop what runs."""
        await self._on_pairs(self._stop)

    async def stop_stale(self) -> None:
        """Stop what runs beside each role's current container."""
        await self._on_pairs(self._stop_stale)

    async def _on_pairs(self, change: Callable[[ContainerWatch, Role], Awaitable[None]]) -> None:
        watches = await watches_of(self._run, self._fleet, self._selection)
        hosts = self._fleet.some(self._selection.app_hosts)

        async def on_host(name: str) -> None:
            for role in self._selection.roles_on(name):
                await change(watches[name], self._run.config.role(role))
            await self._audit.flush(self._fleet[name])

        await on_each(hosts, lambda host: on_host(host.name))

    async def _start(self, watch: ContainerWatch, role: Role) -> None:
        name = container_name(self._run.config, role.name, self._run.version)
        container = watch.named(name)
        if container is None:
            raise RemoteError(
                f"there is no container {name} to start",
                where=watch.host.name,
                fix="see `backstaff app containers` for the versions that are there; name one with --version",
            )
        self._audit.note(watch.host.name, started(self._run.version), role.name)
        with self._run.report.step("start the container", watch.host.name, role.name, name):
            await watch.host.docker.start(name)
        if role.proxied:
            with self._run.report.step("switch the proxy", watch.host.name, role.name):
                seen = await watch.look(container.id, "started", role.name)
                if seen is None:
                    raise RemoteError(f"{name} was removed by somebody else", where=watch.host.name)
                await ProxySwitch(self._run, role, watch).to(seen)

    async def _stop(self, watch: ContainerWatch, role: Role) -> None:
        current = watch.current(role.name)
        self._audit.note(watch.host.name, STOPPED_APP, role.name)
        if role.proxied:
            await self._remove_from_proxy(watch, role)
        with self._run.report.step("stop the container", watch.host.name, role.name) as note:
            if current is None:
                note.skip("nothing runs")
                return
            await watch.host.docker.stop(current.name, grace_s=stop_grace(self._run.config, role))
            note.detail = current.name

    async def _remove_from_proxy(self, watch: ContainerWatch, role: Role) -> None:
        """A role that the proxy does not know is no reason not to stop it."""
        argv = remove_command(self._run.config, role.name).argv
        with self._run.report.step("take out of the proxy", watch.host.name, role.name) as note:
            if await services_of(watch.host) is None:
                note.skip("kamal-proxy does not run")
                return
            result = await watch.host.docker.execute(PROXY_CONTAINER, argv)
            if result.status != 0:
                note.skip((result.stderr or result.stdout).strip())

    async def _stop_stale(self, watch: ContainerWatch, role: Role) -> None:
        found = watch.stale(role.name)
        if not found:
            with self._run.report.step("stop a stale container", watch.host.name, role.name) as note:
                note.skip("no stale container runs")
        for stale in found:
            version = version_of(stale.name, container_prefix(self._run.config, role.name))
            with self._run.report.step("stop a stale container", watch.host.name, role.name, version) as note:
                await self._stop_quietly(watch, role, stale.name, note)

    async def _stop_quietly(self, watch: ContainerWatch, role: Role, name: str, note: StepNote) -> None:
        try:
            await watch.host.docker.stop(name, grace_s=stop_grace(self._run.config, role))
        except BackstaffError as error:
            note.outcome, note.detail = outcome_of(error), error.what
            text = f"stale container {name} could not be stopped: {error.what}"
            self._run.stream.emit(Notice(level="warning", host=watch.host.name, text=text))
