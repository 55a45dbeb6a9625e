"""Everything on the hosts that must be there before a container boots, each host at its own pace."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from backstaff.config.models import Role
from backstaff.engine.audit import AuditTrail
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.frozen import let_go_on
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.proxy import (
    preparation_failed,
    proxy_is_down,
    refuse_if_too_old,
    until_proxy_answers,
)
from backstaff.engine.together import at_once, on_each
from backstaff.errors import BackstaffError
from backstaff.events.facts import PairState
from backstaff.events.types import Notice, PairChanged
from backstaff.hosts.protocol import ContainerState
from backstaff.kamal.assets import bridge_failures
from backstaff.kamal.filters import up_containers
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER, container_name, container_prefix, version_of
from backstaff.kamal.prepare_script import HostNeeds, prepare_script
from backstaff.kamal.script import last_step
from backstaff.kamal.stopping import stop_grace
from backstaff.kamal.tls import CertificateFiles
from backstaff.plan.plan import Plan


class Preparation:
    """Prepares the hosts of one run. `watches` has the hosts that run roles. `seen`: they have been listed
    already, and what was seen then holds."""

    def __init__(
        self,
        run: RunContext,
        plan: Plan,
        watches: Mapping[str, ContainerWatch],
        audit: AuditTrail,
        error_pages: Mapping[str, bytes],
        *,
        seen: bool,
    ) -> None:
        self._run = run
        self._plan = plan
        self._watches = watches
        self._audit = audit
        self._error_pages = error_pages
        self._seen = seen

    async def prepare(self, hosts: Sequence[GuardedHost]) -> None:
        """Prepare all hosts at once; raises the first failure after all have ended."""
        await on_each(hosts, self._prepare)

    async def _prepare(self, host: GuardedHost) -> None:
        roles = [self._run.config.role(name) for name in self._plan.roles_to_boot(host.name)]
        for role in roles:
            self._run.stream.emit(PairChanged(host=host.name, role=role.name, state=PairState.PREPARING))
        watch = self._watches.get(host.name)
        looks = [watch.learn()] if watch is not None and not self._seen else []
        await at_once(self._network(host, watch), *looks)
        if watch is not None:
            await let_go_on(self._run, watch, roles)
        starts_proxy = self._needs_proxy(host) and await self._proxy_is_down(host, watch)
        changes = [self._files(host, watch, roles, starts_proxy=starts_proxy)]
        if watch is not None and self._plan.command.stops_stale:
            changes.append(self._stop_stale(host, watch, roles))
        if watch is not None:
            changes.append(self._stop_beside(host, watch))
        await at_once(*changes)
        if starts_proxy:
            await until_proxy_answers(self._run, host)

    async def _proxy_is_down(self, host: GuardedHost, watch: ContainerWatch | None) -> bool:
        """Going by the list of containers, if there is one: it is fresh."""
        if watch is None:
            return await proxy_is_down(host)
        proxy = watch.named(PROXY_CONTAINER)
        if proxy is not None:
            refuse_if_too_old(host.name, proxy.image)
        return proxy is None or proxy.state is not ContainerState.RUNNING

    def _needs_proxy(self, host: GuardedHost) -> bool:
        return self._plan.command.boots_proxy and host.name in self._plan.selection.proxy_hosts

    async def _files(
        self, host: GuardedHost, watch: ContainerWatch | None, roles: Sequence[Role], *, starts_proxy: bool
    ) -> None:
        """Directories, error pages, assets and certificates, and the proxy if it is down: in one script."""
        run, proxied = self._run, host.name in self._plan.selection.proxy_hosts
        needs = HostNeeds(
            starts_proxy=starts_proxy,
            error_pages=self._error_pages if proxied else {},
            assets={role.name: self._old_version(watch, role) for role in roles if role.asset_path},
            certificates=tuple(self._certificates(roles)),
        )
        if roles and not needs.any:
            # The script that creates a container makes Kamal's directories and takes the audit lines along.
            return
        needs = replace(needs, audit=tuple(self._audit.take(host.name)))
        script = prepare_script(run.config, host.name, run.version, needs)
        uses_docker = starts_proxy or bool(needs.assets)
        title = "start the proxy" if starts_proxy else "prepare files"
        with run.report.step(title, host.name) as note:
            result = await host.attempt(script, "prepare the host", uses_docker=uses_docker)
            note.detail = last_step(result.stdout)
            if result.status != 0:
                self._audit.put_back(host.name, needs.audit)
                raise preparation_failed(host.name, note.detail or title, result)
        for role in bridge_failures(result.stdout):
            text = f"{role}: the old and the new version do not have each other's assets"
            run.stream.emit(Notice(level="warning", host=host.name, text=text))

    def _old_version(self, watch: ContainerWatch | None, role: Role) -> str | None:
        current = watch.current(role.name) if watch is not None else None
        return version_of(current.name, container_prefix(self._run.config, role.name)) if current else None

    def _certificates(self, roles: Sequence[Role]) -> Iterator[CertificateFiles]:
        secrets = self._run.revealed
        for role in roles:
            if role.proxy is not None and role.proxy.certificate is not None:
                names = role.proxy.certificate
                yield CertificateFiles(
                    role.name, secrets[names.certificate_pem], secrets[names.private_key_pem]
                )

    async def _network(self, host: GuardedHost, watch: ContainerWatch | None) -> None:
        with self._run.report.step("ensure the network", host.name) as note:
            there = self._seen and watch is not None and watch.run_on(NETWORK)
            if there or not await host.docker.ensure_network(NETWORK):
                note.skip(f"{NETWORK} is there")

    async def _stop_beside(self, host: GuardedHost, watch: ContainerWatch) -> None:
        """Stop what an interrupted run left running beside a container of the version that took over."""
        config, version = self._run.config, self._plan.version
        for pair in self._plan.done:
            if pair.host != host.name:
                continue
            role, keeps = config.role(pair.role), container_name(config, pair.role, version)
            for other in up_containers(config, pair.role, watch.containers):
                if other.name != keeps:
                    with self._run.report.step("stop a stale container", host.name, role.name, other.name):
                        await self._stop_quietly(host, other.name, stop_grace(config, role))

    async def _stop_stale(self, host: GuardedHost, watch: ContainerWatch, roles: Sequence[Role]) -> None:
        """Stop what an interrupted deploy left running beside the current container."""
        for role in roles:
            for stale in watch.stale(role.name):
                version = version_of(stale.name, container_prefix(self._run.config, role.name))
                with self._run.report.step("stop a stale container", host.name, role.name, version):
                    await self._stop_quietly(host, stale.name, stop_grace(self._run.config, role))

    async def _stop_quietly(self, host: GuardedHost, name: str, grace: int | None) -> None:
        try:
            await host.docker.stop(name, grace_s=grace)
        except BackstaffError as error:
            text = f"stale container {name} could not be stopped: {error.what}"
            self._run.stream.emit(Notice(level="warning", host=host.name, text=text))
