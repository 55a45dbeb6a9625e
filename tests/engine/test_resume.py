"""Going on with a run: what it has proved, and still is so, is left alone; the rest is done."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from backstaff.config.models import Boot
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.facts import BarrierState, PairState, WaitKind
from backstaff.events.types import BarrierChanged, CommandRun, PlanMade, WaitStarted
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Command
from tests.engine.running import NEW, OLD, Ran, Scene, run_and_resume, short_config
from tests.engine.test_rollback import keep
from tests.engine.test_rollout import with_apps
from tests.fakes.apps import ENDS, HEALTHY, NEVER_READY, App
from tests.fakes.clock import EPOCH
from tests.fakes.faults import Connecting, Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.server import FakeServer
from tests.kamal.builders import a_role

FOUR = short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h3", "h4")))


def mended(datacentre: Datacentre) -> None:
    for server in datacentre.servers.values():
        server.connecting = Connecting.WORKS
        server.faults.all.clear()
        for name in server.apps:
            server.apps[name] = HEALTHY


def after(change: Callable[[Datacentre], None]) -> Callable[[Datacentre], None]:
    """Mended, and then changed."""

    def mend(datacentre: Datacentre) -> None:
        mended(datacentre)
        change(datacentre)

    return mend


def resumed(
    mend: Callable[[Datacentre], None] = mended, *, command: Command = Command.DEPLOY, **apps: App
) -> tuple[Ran, Ran]:
    """A run over web on h1 and h2 and job on h3 and h4 in which some apps are bad, and the one after it."""
    return run_and_resume(Scene(config=FOUR, command=command, set=with_apps(**apps).set), mend)


def bring(server: FakeServer, role: str, version: str) -> None:
    """Somebody deploys another version."""
    image = FOUR.absolute_image(version)
    server.add_image(image)
    labels = {"service": "app", "role": role, "destination": ""}
    container = server.create(f"app-{role}-{version}", image, labels, HEALTHY)
    for other in server.running(role):
        other.stop(0, lambda: None)
    container.start()
    if role == "web":
        server.route("app-web", container)


def test_only_what_is_not_done_is_booted_and_nothing_is_restarted() -> None:
    first, again = resumed(web_h2=NEVER_READY, job_h4=ENDS)
    assert first.code is ExitCode.FAILED
    assert again.code is ExitCode.DONE
    assert all(again.new_works.values())
    assert len(again.new_works) == 4
    assert again.happened("h1", "web") == []
    assert again.happened("h3", "job") == []
    assert "created v2" in again.happened("h2", "web")
    assert [str(pair) for pair in again.plan.done] == ["web@h1", "job@h3"]
    assert {pair.state for pair in again.board.pairs.values()} == {PairState.HEALTHY}
    assert (
        "web on h1, job on h3 runs v2 and stays as it is; web on h2, job on h4 is booted" in again.notices()
    )


def test_a_role_beside_a_healthy_one_on_the_same_host_is_booted_alone() -> None:
    config = short_config(roles=(a_role("web", "h1"), a_role("job", "h1")))
    first, again = run_and_resume(Scene(config=config, set=with_apps(job_h1=ENDS).set), mended)
    assert first.code is ExitCode.FAILED
    assert again.code is ExitCode.DONE
    assert again.happened("h1", "web") == []
    assert "start v2" in again.happened("h1", "job")


def test_nobody_waits_for_a_gatekeeper_that_is_healthy_since_the_run_before() -> None:
    _, again = resumed(web_h2=NEVER_READY, job_h4=ENDS)
    first, *_ = again.of(BarrierChanged)
    assert first.state is BarrierState.OPEN
    assert first.reason == "web is healthy on h1 since the resumed run"
    assert not [each for each in again.of(WaitStarted) if each.what is WaitKind.BARRIER]
    assert again.of(PlanMade)[-1].barrier == ""
    assert again.of(PlanMade)[-1].groups == (("h2", "h4"),)


def test_waiting_roles_alone_are_booted_where_all_gatekeepers_are_healthy() -> None:
    _, again = resumed(job_h3=ENDS, job_h4=ENDS)
    assert again.code is ExitCode.DONE
    assert [str(pair) for pair in again.plan.pairs] == ["job@h3", "job@h4"]


def test_a_gatekeeper_that_has_ended_since_is_booted_first_and_waited_for() -> None:
    def web_ends(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].running("web"):
            datacentre["h1"].stop(container.id, 0, lambda: None)

    config = short_config(roles=(a_role("web", "h1"), a_role("job", "h2")))
    scene = Scene(config=config, set=with_apps(job_h2=ENDS).set)
    _, again = run_and_resume(scene, after(web_ends))
    assert again.code is ExitCode.DONE
    assert again.plan.done == ()
    opened = [each for each in again.of(BarrierChanged) if each.state is BarrierState.OPEN]
    assert opened[-1].reason == "web is healthy on h1"
    assert "web is booted again: its container is exited" in again.notices()


def test_a_gatekeeper_that_ends_while_the_image_is_pulled_is_noticed_under_the_lock() -> None:
    config = short_config(roles=(a_role("web", "h1"), a_role("job", "h2")))

    def web_ends_soon(datacentre: Datacentre) -> None:
        (web,) = datacentre["h1"].running("web")
        loop = asyncio.get_running_loop()
        loop.call_later(0.4, lambda: datacentre["h1"].stop(web.id, 0, lambda: None))

    _, again = run_and_resume(Scene(config=config, set=with_apps(job_h2=ENDS).set), after(web_ends_soon))
    assert again.code is ExitCode.DONE
    assert [plan.barrier for plan in again.of(PlanMade)] == ["web", "", "web"]
    assert "created v2" in again.happened("h1", "web")


def test_what_the_proxy_no_longer_has_is_booted_again() -> None:
    def forgotten(datacentre: Datacentre) -> None:
        datacentre["h1"].proxy.services.clear()

    _, again = resumed(after(forgotten), web_h2=NEVER_READY)
    assert again.code is ExitCode.DONE
    assert again.serving("h1") == NEW
    assert "web is booted again: the proxy does not know it" in again.notices()
    assert "created v2" in again.happened("h1", "web")


@pytest.mark.parametrize(("host", "role"), [("h1", "web"), ("h2", "web"), ("h4", "job")])
def test_a_newer_version_is_never_overwritten(host: str, role: str) -> None:
    def newer(datacentre: Datacentre) -> None:
        bring(datacentre[host], role, "v3")

    _, again = resumed(after(newer), web_h2=NEVER_READY, job_h4=ENDS)
    assert again.code is ExitCode.USAGE
    assert again.card.cause == f"something else was deployed since run this-run: {role} on {host} runs v3"
    happened = [each for name in FOUR.all_hosts for each in again.datacentre[name].history]
    assert {each.what for each in happened} <= {"die"}
    assert [each.name for each in again.datacentre[host].running(role)] == [f"app-{role}-v3"]


def test_a_version_deployed_while_the_lock_was_waited_for_is_not_overwritten() -> None:
    def newer_soon(datacentre: Datacentre) -> None:
        asyncio.get_running_loop().call_later(0.4, lambda: bring(datacentre["h2"], "web", "v3"))

    _, again = resumed(after(newer_soon), web_h2=NEVER_READY)
    assert again.code is ExitCode.USAGE
    assert "web on h2 runs v3" in again.card.cause
    assert again.serving("h2") == "v3"


@pytest.mark.parametrize("ahead_h", [-1, 0, 1], ids=["clock-behind", "clock-right", "clock-ahead"])
def test_what_a_run_that_never_looked_could_not_know_is_told_by_the_containers_age(ahead_h: int) -> None:
    ahead = timedelta(hours=ahead_h)

    def unreachable(datacentre: Datacentre) -> None:
        datacentre["h4"].connecting = Connecting.REFUSED
        datacentre["h2"].clock_ahead = ahead
        for container in datacentre["h2"].containers.values():
            container.created_at = EPOCH - timedelta(minutes=5) + ahead

    def newer(datacentre: Datacentre) -> None:
        bring(datacentre["h2"], "web", "v3")

    first, again = run_and_resume(Scene(config=FOUR, set=unreachable), after(newer))
    assert first.code is ExitCode.UNREACHABLE
    assert again.code is ExitCode.USAGE
    assert "web on h2 runs v3" in again.card.cause
    _, fine = run_and_resume(Scene(config=FOUR, set=unreachable), mended)
    assert fine.code is ExitCode.DONE


def test_what_a_killed_run_left_beside_the_new_version_is_stopped() -> None:
    def old_again(datacentre: Datacentre) -> None:
        for host, role in (("h1", "web"), ("h3", "job")):
            old = datacentre[host].find(f"app-{role}-{OLD}")
            assert old is not None
            old.start()

    _, again = resumed(after(old_again), web_h2=NEVER_READY)
    assert again.code is ExitCode.DONE
    assert again.happened("h1", "web")[:1] == ["asked to stop v1"]
    assert again.happened("h3", "job")[:1] == ["asked to stop v1"]
    assert [str(pair) for pair in again.plan.done] == ["web@h1", "job@h3", "job@h4"]


def test_a_run_of_which_all_is_booted_is_only_finished() -> None:
    def no_tag(datacentre: Datacentre) -> None:
        datacentre["h1"].goes_wrong(Fault("tag", Kind.FAIL))

    first, again = run_and_resume(Scene(config=FOUR, set=no_tag), mended)
    assert first.code is ExitCode.FAILED
    assert again.code is ExitCode.DONE
    assert again.plan.groups == ()
    lines = [each.line for each in again.of(CommandRun)]
    assert any(line.startswith("docker tag ") for line in lines)
    assert not any("docker create" in line for line in lines)
    assert "nothing is left to boot" in again.notices()


def test_the_tag_and_the_pruning_come_at_the_end_on_all_hosts() -> None:
    _, again = resumed(web_h2=NEVER_READY)
    tagged = {each.host for each in again.of(CommandRun) if each.line.startswith("docker tag ")}
    assert tagged == set(FOUR.all_hosts)


def test_groups_are_cut_anew_from_what_is_left() -> None:
    config = short_config(roles=(a_role("web", "h1", "h2", "h3", "h4"),), boot=Boot(limit=2))
    _, again = run_and_resume(Scene(config=config, set=with_apps(web_h2=NEVER_READY).set), mended)
    assert [group.hosts for group in again.plan.groups] == [("h2", "h3"), ("h4",)]


def test_a_rollback_that_failed_is_gone_on_with() -> None:
    def has_v0(datacentre: Datacentre) -> None:
        keep(datacentre, "v0", "web@h1", "web@h2", "job@h2")
        datacentre["h2"].apps["web:v0"] = NEVER_READY

    config = short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h2")))
    scene = Scene(config=config, command=Command.ROLLBACK, version="v0", set=has_v0)
    first, again = run_and_resume(scene, mended)
    assert first.code is ExitCode.FAILED
    assert again.code is ExitCode.DONE
    assert [again.serving(host) for host in ("h1", "h2")] == ["v0", "v0"]
    assert again.happened("h1", "web") == []


def test_latest_is_booted_again_where_it_is_another_image_by_now() -> None:
    def another(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.add_image("registry.test/app:v9")
        server.tag("registry.test/app:v9", FOUR.absolute_image("latest"))

    scene = Scene(
        config=FOUR, command=Command.APP_BOOT, version="latest", set=lambda data: fail(data, "web:latest")
    )
    _, again = run_and_resume(scene, after(another))
    assert "web is booted again: latest is another image by now" in again.notices()
    assert [str(pair) for pair in again.plan.done] == ["job@h3", "job@h4"]


def fail(datacentre: Datacentre, app: str) -> None:
    datacentre["h2"].apps[app] = NEVER_READY


def test_a_run_that_was_itself_resumed_knows_what_the_first_one_did() -> None:
    first = EarlierRun("one", frozenset({Pair("h1", "web")}), {Pair("h1", "web"): "v1"}, EPOCH)
    second = EarlierRun("two", frozenset(), {Pair("h1", "web"): "v2"}, EPOCH + timedelta(hours=1))
    both = second.after(first)
    assert (both.run, both.proven, both.before) == ("two", first.proven, first.before)
    assert both.last == second.last


def test_of_a_run_that_told_nothing_nothing_is_done() -> None:
    assert EarlierRun.of(Board()) == EarlierRun("")
