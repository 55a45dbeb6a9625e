"""A Docker daemon that ends in the middle of a run: one cause, whatever was going on with it."""

import asyncio
from collections.abc import Callable

import pytest

from backstaff.engine.caller import Caller
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import DockerRestarted, DockerUnavailable, Doomed, ExitCode
from backstaff.events.facts import HostState, LockState, PairState
from backstaff.events.types import Event, HostChanged, PairChanged
from backstaff.hosts.protocol import ContainerState
from tests.engine.running import NEW, OLD, SHORT, Ran, Scene, a_run, failure_of, run, run_twice, short_config
from tests.fakes.apps import ENDS, NEVER_READY, SLOW, App
from tests.fakes.clock import elapsed, simulated
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.server import FakeServer, Pull
from tests.fakes.shell import lock_held
from tests.kamal.builders import a_role

STOPPED = "the Docker daemon is not running (it stopped during "
WAY_OUT = "start it with `systemctl start docker` on "
TAKES_LONG = App(ready_after_s=20)

End = Callable[[FakeServer], None]
ENDS_OF_DOCKER = pytest.mark.parametrize(
    "end", [FakeServer.stop_docker, FakeServer.kill_docker], ids=["stopped", "killed"]
)


def ending(host: str, at_s: float, end: End, **apps: App) -> Ran:
    """A deploy during which a host's Docker ends; the new version's programs as `web_h1=SLOW`."""

    def set_scene(datacentre: Datacentre) -> None:
        for key, app in apps.items():
            role, _, name = key.partition("_")
            datacentre[name].apps[f"{role}:{NEW}"] = app
        asyncio.get_running_loop().call_later(at_s, end, datacentre[host])

    return run(Scene(set=set_scene))


def meeting(host: str, *faults: Fault, **apps: App) -> Ran:
    """A deploy in which requests to a host meet faults."""

    def set_scene(datacentre: Datacentre) -> None:
        datacentre[host].goes_wrong(*faults)
        for key, app in apps.items():
            role, _, name = key.partition("_")
            datacentre[name].apps[f"{role}:{NEW}"] = app

    return run(Scene(set=set_scene))


def off_the_network(host: str, *faults: Fault, restarting: bool = False) -> Ran:
    """A deploy to a host whose containers do not show that the network is there, which it is then asked:
    they are on another one, or are about to be restarted."""

    def set_scene(datacentre: Datacentre) -> None:
        datacentre[host].goes_wrong(*faults)
        for container in datacentre[host].containers.values():
            if restarting:
                container.state = ContainerState.RESTARTING
            else:
                container.networks = frozenset()

    return run(Scene(set=set_scene))


def told_well(ran: Ran, host: str, cause: str) -> None:
    assert ran.code is ExitCode.FAILED
    assert (ran.card.host, ran.card.cause) == (host, cause)
    assert f"{WAY_OUT}{host}" in ran.card.fix
    assert not lock_held(ran.datacentre["h1"])
    assert ran.board.lock is not None
    assert ran.board.lock.state is LockState.RELEASED


@ENDS_OF_DOCKER
def test_docker_that_ends_while_the_proxy_checks_is_the_cause(end: End) -> None:
    ran = ending("h2", 2, end, web_h2=NEVER_READY)
    told_well(ran, "h2", f'{STOPPED}"switch the proxy")')
    assert (ran.serving("h1"), ran.serving("h2")) == (NEW, OLD)
    assert ran.states("h3", "job") is PairState.HEALTHY


@ENDS_OF_DOCKER
def test_docker_that_ends_while_a_container_has_to_stay_up_is_the_cause(end: End) -> None:
    ran = ending("h3", 2, end)
    told_well(ran, "h3", f'{STOPPED}"wait until healthy")')
    assert [ran.serving(host) for host in ("h1", "h2")] == [NEW, NEW]


@ENDS_OF_DOCKER
def test_docker_that_ends_while_a_healthcheck_runs_is_the_cause(end: End) -> None:
    ran = ending("h3", 3, end, job_h3=App(has_check=True, ready_after_s=None))
    told_well(ran, "h3", f'{STOPPED}"wait until healthy")')


@ENDS_OF_DOCKER
def test_docker_that_ends_during_the_pull_is_the_cause_and_nothing_is_changed(end: End) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].pulls = Pull(steps=20, step_s=0.5)
        asyncio.get_running_loop().call_later(3, end, datacentre["h2"])

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert (ran.card.host, ran.card.cause) == ("h2", f'{STOPPED}"pull")')
    assert not any(ran.datacentre[host].history for host in ("h1", "h3"))
    assert not lock_held(ran.datacentre["h1"])


@pytest.mark.parametrize(
    ("operation", "step"),
    [
        ("create", "create the container"),
        ("start", "start the container"),
        ("deploy", "switch the proxy"),
    ],
)
def test_docker_that_ends_under_a_request_is_the_cause(operation: str, step: str) -> None:
    ran = meeting("h2", Fault(operation, Kind.END_DOCKER))
    told_well(ran, "h2", f'{STOPPED}"{step}")')
    assert ran.serving("h1") in {OLD, NEW}


@pytest.mark.parametrize("restarting", [False, True])
def test_docker_that_ends_while_the_network_is_looked_for_is_the_cause(*, restarting: bool) -> None:
    ran = off_the_network("h2", Fault("network", Kind.END_DOCKER), restarting=restarting)
    told_well(ran, "h2", f'{STOPPED}"ensure the network")')
    assert ran.serving("h1") == OLD


@ENDS_OF_DOCKER
def test_docker_that_ends_where_a_role_waits_ends_that_wait(end: End) -> None:
    ran = ending("h3", 2, end, web_h1=App(ready_after_s=5), web_h2=NEVER_READY)
    failed = ran.at(PairChanged, lambda body: getattr(body, "host", "") == "h3" and _failed(body))
    assert ran.states("h3", "job") is PairState.FAILED
    assert failed[0] <= 2 + 1 + SHORT.docker + 4
    assert any(f"h3: {STOPPED}the boot phase)" in line for line in ran.card.evidence)
    assert ran.serving("h1") == NEW


def _failed(body: object) -> bool:
    return isinstance(body, PairChanged) and body.state is PairState.FAILED


@ENDS_OF_DOCKER
def test_nobody_waits_for_a_gatekeeper_whose_docker_ended(end: End) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].apps[f"web:{NEW}"] = TAKES_LONG
            asyncio.get_running_loop().call_later(2, end, datacentre[host])

    ran = run(Scene(set=set_scene))
    told_well(ran, "h1", f'{STOPPED}"switch the proxy")')
    assert ran.states("h3", "job") is PairState.HALTED


def test_what_failed_with_docker_is_kept_as_evidence() -> None:
    ran = ending("h2", 2, FakeServer.stop_docker, web_h2=NEVER_READY)
    said = " ".join(ran.card.evidence)
    assert "Cannot connect to the Docker daemon" in said
    assert "EOF" in said or "exited" in said


def test_a_host_whose_docker_is_gone_is_shown_as_quiet_and_left_alone() -> None:
    ran = ending("h2", 2, FakeServer.kill_docker, web_h2=NEVER_READY)
    states = [each.state for each in ran.of(HostChanged) if each.host == "h2"]
    assert states[-1] is HostState.QUIET
    assert f'h2 unknown: {STOPPED}"switch the proxy")' in ran.card.state


def test_a_docker_found_to_be_down_stays_the_cause_where_pings_get_no_answer() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].apps[f"web:{NEW}"] = NEVER_READY
        datacentre["h2"].goes_wrong(Fault("ping", Kind.HANG, nth=2))
        asyncio.get_running_loop().call_later(2, datacentre["h2"].kill_docker)

    told_well(run(Scene(set=set_scene)), "h2", f'{STOPPED}"switch the proxy")')


def test_a_container_that_ends_by_itself_keeps_its_own_cause() -> None:
    ran = meeting("h1", web_h1=ENDS)
    assert "keeps ending" in ran.card.cause


def test_a_request_that_docker_refuses_keeps_its_own_cause() -> None:
    ran = meeting("h1", Fault("start", text="the disk is on fire"))
    assert ran.card.cause == "the disk is on fire"


def test_docker_that_restarts_under_a_boot_is_told_as_that_and_cleaned_up_after() -> None:
    ran = ending("h2", 2, FakeServer.restart_docker, web_h2=NEVER_READY)
    new = ran.new("h2", "web")
    assert ran.code is ExitCode.FAILED
    assert (ran.card.host, ran.card.cause) == ("h2", 'Docker restarted during "switch the proxy"')
    assert "it answers again, so try again" in ran.card.fix
    assert new is not None
    assert not new.running
    assert ran.serving("h2") == OLD
    assert [each.name for each in ran.datacentre["h2"].running("web")] == ["app-web-v1"]
    assert not lock_held(ran.datacentre["h1"])


@pytest.mark.parametrize("operation", ["create", "start", "deploy"])
def test_docker_that_is_back_at_once_is_told_as_restarted(operation: str) -> None:
    told_as_restarted(meeting("h2", Fault(operation, Kind.RESTART_DOCKER, times=1)))


def test_docker_that_restarts_while_the_network_is_looked_for_is_told_too() -> None:
    told_as_restarted(off_the_network("h2", Fault("network", Kind.RESTART_DOCKER, times=1)))


def told_as_restarted(ran: Ran) -> None:
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause.startswith("Docker restarted during ")
    assert ran.card.host == "h2"
    assert ran.board.hosts["h2"].state is HostState.CONNECTED


def test_docker_that_restarts_where_a_role_waits_is_told_and_forgiven() -> None:
    ran = ending("h3", 1, FakeServer.restart_docker, web_h1=App(ready_after_s=5), web_h2=App(ready_after_s=5))
    assert ran.code is ExitCode.DONE
    assert "Docker's events stopped: Docker restarted during the boot phase" in ran.notices()
    assert [each.name for each in ran.datacentre["h3"].running("job")] == ["app-job-v2"]


def test_an_old_container_that_docker_starts_again_is_stopped_again() -> None:
    ran = meeting("h2", Fault("stop", Kind.RESTART_DOCKER, times=1))
    assert ran.code is ExitCode.DONE
    assert [each.name for each in ran.datacentre["h2"].running("web")] == ["app-web-v2"]


def test_a_dying_docker_is_not_believed_what_its_containers_do_at_the_end() -> None:
    config = short_config(roles=(a_role("job", "h1"),), primary_role="job", readiness_delay=1)

    def set_scene(datacentre: Datacentre) -> None:
        asyncio.get_running_loop().call_later(1, datacentre["h1"].stop_docker)

    ran = run(Scene(config=config, set=set_scene))
    (verdict,) = ran.board.verdicts
    assert verdict.unknown.startswith(STOPPED)


def test_a_host_whose_docker_is_started_again_can_be_deployed_to() -> None:
    def stops(datacentre: Datacentre) -> None:
        datacentre["h2"].apps[f"web:{NEW}"] = SLOW
        asyncio.get_running_loop().call_later(2, datacentre["h2"].stop_docker)

    def starts(datacentre: Datacentre) -> None:
        datacentre["h2"].start_docker()

    first, again = run_twice(Scene(set=stops), Scene(version="v3", set=starts))
    assert first.code is ExitCode.FAILED
    assert again.code is ExitCode.DONE
    assert [each.name for each in again.datacentre["h2"].running("web")] == ["app-web-v3"]


class Guarded:
    """One guarded host, whose Docker nobody minds."""

    def __init__(self) -> None:
        config = short_config()
        self.events: list[Event] = []
        self.datacentre = Datacentre(["h1"])
        self.server = self.datacentre["h1"]
        self.run = a_run(config, self.events)

    async def host(self) -> GuardedHost:
        inner = await self.datacentre.connect("h1")
        return GuardedHost(inner, Caller(self.run, inner), self.run.timeouts)


@simulated
async def test_a_failure_is_its_own_cause_while_docker_answers() -> None:
    host = await Guarded().host()
    failure = Doomed("the container exited 1")
    assert await host.daemon.cause_of(failure, elapsed()) is failure


@simulated
async def test_a_connection_that_broke_alone_is_no_restart() -> None:
    host = await Guarded().host()
    failure = DockerUnavailable("the Docker Engine broke off the connection")
    assert await host.daemon.cause_of(failure, elapsed()) is failure


@simulated
async def test_a_connection_that_broke_together_with_a_stream_is_a_restart() -> None:
    guarded = Guarded()
    host = await guarded.host()
    began = guarded.run.clock.now()
    failure = DockerUnavailable("the Docker Engine broke off the connection")

    async def follow() -> None:
        with pytest.raises(DockerUnavailable):
            async for _ in host.docker.events():
                pass

    async with asyncio.TaskGroup() as group:
        group.create_task(follow())
        await asyncio.sleep(1)
        guarded.server.kill_docker()
        guarded.server.start_docker()
        cause = await host.daemon.cause_of(failure, began)
    assert isinstance(cause, DockerRestarted)
    assert failure.what in cause.evidence


@simulated
async def test_a_restart_that_was_over_before_explains_nothing() -> None:
    guarded = Guarded()
    host = await guarded.host()
    guarded.server.kill_docker()
    asyncio.get_running_loop().call_later(1, guarded.server.start_docker)
    restart = await failure_of(host.docker.containers())
    failure = Doomed("the container exited 1")
    await asyncio.sleep(1)
    assert isinstance(restart, DockerRestarted)
    assert await host.daemon.cause_of(failure, guarded.run.clock.now()) is failure


@simulated
async def test_all_that_fails_on_a_host_at_once_gets_one_verdict() -> None:
    guarded = Guarded()
    host = await guarded.host()
    guarded.server.kill_docker()
    failures = await asyncio.gather(*(failure_of(host.docker.containers()) for _ in range(5)))
    assert set(failures) == {host.engine.error}
    assert elapsed() < 2 * SHORT.docker
