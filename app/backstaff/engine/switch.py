"""Moving traffic: `kamal-proxy deploy`, explained by the proxy's own log while it blocks."""

from backstaff.config.models import Role
from backstaff.engine.alongside import alongside
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.health import trip_when_doomed
from backstaff.engine.limits import proof_limit_s
from backstaff.engine.proxy import services_of
from backstaff.engine.proxy_log import ProxyLog
from backstaff.engine.waits import Breaker, Wait
from backstaff.errors import BackstaffError, DockerFailed, ProxyEnded, RemoteError
from backstaff.events.facts import PairState, ProbeSummary, WaitKind
from backstaff.events.types import Notice, PairChanged
from backstaff.explain.advice import advice_for_probe
from backstaff.explain.docker_errors import deploy_doom
from backstaff.hosts.protocol import CommandResult, Container, ContainerState
from backstaff.kamal.names import PROXY_CONTAINER, container_prefix
from backstaff.kamal.proxy_deploy import ProxyCommand, deploy_command


class ProxySwitch:
    """The proxy of one host, as far as one role is concerned.

    Traffic is moved to `version`, the run's own unless another is named; while it moves the pair is in the
    state `moving`."""

    def __init__(
        self,
        run: RunContext,
        role: Role,
        watch: ContainerWatch,
        *,
        version: str = "",
        moving: PairState = PairState.SWITCHING,
    ) -> None:
        self._run = run
        self._version = version or run.version
        self._moving = moving
        self._role = role
        self._watch = watch
        self._host = watch.host
        self.pending = False
        """Whether the proxy may still be about to move the traffic: it was told to, and has not said how that
        ended. It goes on if nobody waits for it any more."""

    async def to(self, started: Container) -> None:
        """Let the proxy check the container's health, then move all traffic to it and drain the old one.

        Raises `RemoteError` with the last probes if it never became healthy, `Doomed` if it can not.
        """
        config = self._run.config
        short_id = started.id[:12]
        command = self._command(started.id)
        wait = Wait(
            WaitKind.PROXY,
            "the proxy to find the container healthy",
            f"the app in {self._role.name} {self._version}",
            proof_limit_s(config, self._role),
            self._host.name,
            self._role.name,
        )
        doom = Breaker()
        log = ProxyLog(self._run, self._host, self._role.name, short_id, _began(started), self._switching)
        followers = (trip_when_doomed(self._watch, started.id, self._role.name, doom), log.follow())
        async with alongside(*followers):
            self.pending = True
            try:
                result = await self._host.docker.execute_as(wait, PROXY_CONTAINER, command.argv, [doom])
                self.pending = not _tells_how_it_ended(result)
            except DockerFailed as error:
                raise await self._without_proxy(error, started) from error
        if result.status != 0:
            await log.catch_up()
            failure = self._failed(result.stderr or result.stdout, log.last)
            raise await self._without_proxy(failure, started, broke_off=_broke_off(failure.what))

    async def make_ready(self, container: str) -> None:
        """Have the proxy's command ready while the container starts."""
        await self._host.docker.make_ready(PROXY_CONTAINER, self._command(container).argv)

    def _command(self, container: str) -> ProxyCommand:
        return deploy_command(self._run.config, self._role, self._version, target=container[:12])

    async def may_serve(self, container: str) -> bool:
        """Whether the proxy's traffic for this role goes to the container, or it can not be told."""
        services = await services_of(self._host)
        if services is None:
            return False
        prefix = container_prefix(self._run.config, self._role.name)
        return any(each.name == prefix and container[:12] in each.target for each in services)

    async def back_to(self, container: str, name: str, *, why: str = "") -> None:
        """Point the proxy again at a container that still runs. `name` and `why` are for people."""
        command = deploy_command(self._run.config, self._role, self._run.version, target=container[:12])
        result = await self._host.docker.execute(PROXY_CONTAINER, command.argv)
        text = f"the proxy was pointed back at {name}"
        if result.status != 0:
            said = (result.stderr or result.stdout).strip()
            text = f"the proxy could not be pointed back at {name}: {said}; try: {command.line}"
        told = f"{why}: {text}" if why else text
        self._run.stream.emit(Notice(level="warning", host=self._host.name, text=told))

    async def _without_proxy(
        self, failure: RemoteError, started: Container, *, broke_off: bool = False
    ) -> RemoteError:
        """The failure, or where the proxy has ended since the container was started, that: what Docker and
        the command say then depends on the moment."""
        try:
            proxy = await self._host.docker.inspect(PROXY_CONTAINER)
        except BackstaffError:
            return failure
        if proxy is not None and proxy.state is ContainerState.RUNNING:
            restarted = proxy.started_at.removesuffix("Z") >= _began(started).removesuffix("Z")
            if not restarted and not broke_off:
                return failure
            # Docker learns of an end a moment after the command that was cut short by it.
            ended = "was restarted" if restarted else "ended"
            cause = f"kamal-proxy {ended} while it took on the new container"
        else:
            cause = "kamal-proxy does not run any more, so no traffic gets through"
        host = self._host.name
        fix = f"see why with `backstaff proxy logs -h {host}`; the next deploy starts it if it is down"
        return ProxyEnded(cause, where=host, evidence=[failure.what], fix=fix)

    def _switching(self) -> None:
        self._run.stream.emit(
            PairChanged(
                host=self._host.name,
                role=self._role.name,
                state=self._moving,
                detail="healthy; traffic moves to it once open requests are answered",
            )
        )

    def _failed(self, stderr: str, probe: ProbeSummary | None) -> RemoteError:
        said = stderr.strip().removeprefix("Error: ")
        if not said:
            said = "kamal-proxy deploy ended without a word, as it does when the proxy is stopped"
        refused = deploy_doom(said)
        if refused is not None:
            return RemoteError(refused.reason, where=self._host.name, evidence=[said], fix=refused.advice)
        fix = advice_for_probe(probe.result, probe.url) if probe else ""
        return RemoteError(said, where=self._host.name, fix=fix)


def _tells_how_it_ended(result: CommandResult) -> bool:
    """Whether it is the proxy's answer. A client that was killed has none, and the proxy goes on."""
    said = (result.stderr or result.stdout).lstrip()
    return result.status == 0 or said.startswith("Error:")


def _broke_off(said: str) -> bool:
    """Whether the command lost its connection to the proxy, which is what is left to say when that ends."""
    return said.endswith(("EOF", "connection reset by peer", "broken pipe", "connection is shut down"))


def _began(container: Container) -> str:
    """When it was started, or if it was looked at before that, created."""
    return container.started_at or container.created_at
