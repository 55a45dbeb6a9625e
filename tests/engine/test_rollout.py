import asyncio
from collections.abc import Callable
from math import inf

import pytest

from backstaff.config.models import Boot, Role
from backstaff.errors import ExitCode
from backstaff.events.facts import BarrierState, PairState, WaitKind
from backstaff.events.types import BarrierChanged, PairChanged, WaitEnded, WaitStarted
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import CAN_NOT_START, ENDS, HEALTHY, NEVER_READY, SLOW, App
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role


def with_apps(**apps: App) -> Scene:
    """The new version's programs, as `web_h1=NEVER_READY`."""

    def set_scene(datacentre: Datacentre) -> None:
        for key, app in apps.items():
            role, _, host = key.partition("_")
            datacentre[host].apps[f"{role}:{NEW}"] = app

    return Scene(set=set_scene)


def created_at(ran: Ran, host: str, role: str) -> float | None:
    history = ran.datacentre[host].history
    return next((each.at for each in history if each.what == "created" and each.container.role == role), None)


def started_at(ran: Ran, host: str) -> float:
    return next(each.at for each in ran.datacentre[host].history if each.what == "start")


def never_started(ran: Ran, host: str) -> bool:
    return not any(each.what == "start" for each in ran.datacentre[host].history)


def job_containers(ran: Ran) -> list[str]:
    return [each.name for each in ran.datacentre["h3"].containers.values() if each.role == "job"]


def grouped(*roles: Role, limit: int = 1, wait: int | None = None, parallel_roles: bool = False) -> Scene:
    boot = Boot(limit=limit, wait=wait, parallel_roles=parallel_roles)
    return Scene(config=short_config(roles=roles, boot=boot))


def test_a_role_that_waits_boots_after_the_first_healthy_primary_container() -> None:
    ran = run(with_apps(web_h1=SLOW))
    opened = ran.at(BarrierChanged, lambda body: getattr(body, "state", "") is BarrierState.OPEN)
    assert ran.code is ExitCode.DONE
    assert started_at(ran, "h3") >= opened[0]


def test_the_container_of_a_role_that_waits_is_created_meanwhile() -> None:
    ran = run(with_apps(web_h1=SLOW, web_h2=SLOW))
    opened = ran.at(BarrierChanged, lambda body: getattr(body, "state", "") is BarrierState.OPEN)
    job = created_at(ran, "h3", "job")
    assert job is not None
    assert job < opened[0]
    assert job_containers(ran) == ["app-job-v1", "app-job-v2"]


def test_one_bad_primary_container_does_not_keep_the_others_from_booting() -> None:
    ran = run(with_apps(web_h1=NEVER_READY))
    assert ran.code is ExitCode.FAILED
    assert ran.states("h1", "web") is PairState.FAILED
    assert ran.states("h2", "web") is PairState.HEALTHY
    assert ran.states("h3", "job") is PairState.HEALTHY
    assert (ran.serving("h1"), ran.serving("h2")) == (OLD, NEW)
    assert (ran.card.host, ran.card.role) == ("h1", "web")


def test_a_waiting_role_is_not_booted_when_the_last_primary_container_failed() -> None:
    ran = run(with_apps(web_h1=NEVER_READY, web_h2=ENDS))
    assert ran.code is ExitCode.FAILED
    assert ran.states("h3", "job") is PairState.HALTED
    assert never_started(ran, "h3")
    assert job_containers(ran) == ["app-job-v1"]
    assert [ran.serving(host) for host in ("h1", "h2")] == [OLD, OLD]


NEVER_STARTED = "app-job-v2, which was never started, may be left behind: "


def job_waits(*faults: Fault, ready_after_s: float = 9) -> Callable[[Datacentre], None]:
    """Both gatekeepers take long, or for ever, and something goes wrong where the job waits."""

    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].apps[f"web:{NEW}"] = App(ready_after_s=ready_after_s)
        datacentre["h3"].goes_wrong(*faults)

    return set_scene


def test_a_container_that_is_not_wanted_any_more_and_stays_is_told() -> None:
    stuck = Fault("remove", Kind.FAIL, text="device or resource busy")
    ran = run(Scene(set=job_waits(stuck, ready_after_s=inf)))
    assert ran.states("h3", "job") is PairState.HALTED
    assert never_started(ran, "h3")
    assert f"{NEVER_STARTED}device or resource busy" in ran.notices()
    assert ran.card.host == "h1"


def test_cancelling_while_a_container_is_removed_waits_for_that_or_tells() -> None:
    stuck = Fault("remove", Kind.HANG)
    ran = run(Scene(set=job_waits(stuck, ready_after_s=inf), cancel_at=12))
    assert ran.code is ExitCode.INTERRUPTED
    assert job_containers(ran) == ["app-job-v1", "app-job-v2"]
    assert f"{NEVER_STARTED}app-job-v2 to be removed: gave up after 10 s" in ran.notices()


@pytest.mark.parametrize("kind", [Kind.HANG, Kind.HANG_AFTER])
def test_who_is_cancelled_while_docker_creates_leaves_no_container(kind: Kind) -> None:
    ran = run(Scene(set=job_waits(Fault("create", kind)), cancel_at=4))
    assert ran.code is ExitCode.INTERRUPTED
    assert ran.states("h3", "job") is PairState.CANCELLED
    assert job_containers(ran) == ["app-job-v1"]


def test_who_still_creates_when_the_barrier_opens_is_told_to_create() -> None:
    slow = Fault("create", Kind.DELAY, delay_s=6)
    ran = run(Scene(set=job_waits(slow, ready_after_s=2)))
    told = [each.state for each in ran.of(PairChanged) if (each.host, each.role) == ("h3", "job")]
    after = told[told.index(PairState.WAITING) :]
    assert after[:3] == [PairState.WAITING, PairState.CREATING, PairState.STARTING]
    assert ran.code is ExitCode.DONE


def test_a_container_that_can_never_be_created_fails_when_it_may_start() -> None:
    full = Fault("create", Kind.FAIL, text="no space left on device")
    ran = run(Scene(set=job_waits(full, ready_after_s=5)))
    failed = ran.at(PairChanged, lambda body: getattr(body, "state", "") is PairState.FAILED)
    opened = ran.at(BarrierChanged, lambda body: getattr(body, "state", "") is BarrierState.OPEN)
    assert ran.code is ExitCode.FAILED
    assert failed[0] >= opened[0]
    assert (ran.card.host, ran.card.role) == ("h3", "job")
    assert "no space left on device" in str(ran.card)
    assert [ran.serving(host) for host in ("h1", "h2")] == [NEW, NEW]


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.FAIL_AFTER, Kind.RESTART_DOCKER])
def test_what_goes_wrong_once_while_a_role_waits_is_told_and_made_good(kind: Kind) -> None:
    once = Fault("create", kind, times=1)
    ran = run(Scene(set=job_waits(once, ready_after_s=5)))
    assert ran.code is ExitCode.DONE, ran.card
    assert "job could not be created yet: " in ran.notices()
    assert [each.name for each in ran.datacentre["h3"].running("job")] == ["app-job-v2"]
    assert job_containers(ran) == ["app-job-v1", "app-job-v2"]


def test_a_container_of_somebody_else_with_that_name_is_left_alone() -> None:
    waits = job_waits(ready_after_s=5)

    def set_scene(datacentre: Datacentre) -> None:
        waits(datacentre)
        server = datacentre["h3"]
        server.add_image("someone/else")
        asyncio.get_running_loop().call_later(
            0.66, lambda: server.create("app-job-v2", "someone/else", {}, HEALTHY)
        )

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert "already in use" in ran.notices()
    found = ran.new("h3", "job")
    assert found is not None
    assert found.role == ""


def test_who_waits_and_is_cancelled_leaves_no_container() -> None:
    ran = run(Scene(set=job_waits(), cancel_at=4))
    assert ran.code is ExitCode.INTERRUPTED
    assert ran.states("h3", "job") is PairState.CANCELLED
    assert created_at(ran, "h3", "job") is not None
    assert never_started(ran, "h3")
    assert job_containers(ran) == ["app-job-v1"]


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG, Kind.LOSE])
@pytest.mark.parametrize("operation", ["create", "start", "deploy"])
def test_a_waiting_role_is_freed_however_the_last_gatekeeper_ends(operation: str, kind: Kind) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].goes_wrong(Fault(operation, kind))

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert ran.states("h3", "job") is PairState.HALTED
    assert ran.of(BarrierChanged)[-1].state is BarrierState.FAILED


@pytest.mark.parametrize("operation", ["create", "start", "deploy", "tag"])
def test_a_lost_host_is_told_in_the_same_words_whatever_call_finds_it_out(operation: str) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].goes_wrong(Fault(operation, Kind.LOSE))

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert ran.card.host == "h2"
    assert ran.card.cause.startswith("the connection was lost")
    assert "see whether h2 is up and its sshd answers" in ran.card.fix


def test_a_waiting_role_is_freed_when_docker_freezes_on_the_last_gatekeeper() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].apps[f"web:{NEW}"] = NEVER_READY
            asyncio.get_running_loop().call_later(2, datacentre[host].engine.freeze)

    ran = run(Scene(set=set_scene))
    assert ran.states("h3", "job") is PairState.HALTED
    assert "Docker does not answer" in ran.card.cause


def test_a_waiting_host_that_is_lost_fails_at_once_and_the_others_go_on() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].apps[f"web:{NEW}"] = App(ready_after_s=5)
        asyncio.get_running_loop().call_later(2, datacentre["h3"].lose_connections)

    ran = run(Scene(set=set_scene))
    failed = ran.at(PairChanged, lambda body: getattr(body, "state", "") is PairState.FAILED)
    assert ran.code is ExitCode.FAILED
    assert failed[0] == pytest.approx(2, abs=0.1)
    assert (ran.card.host, ran.card.role) == ("h3", "job")
    assert [ran.serving(host) for host in ("h1", "h2")] == [NEW, NEW]


def test_groups_boot_one_after_the_other_with_a_rest_between_them() -> None:
    ran = run(grouped(a_role("web", "h1", "h2", "h3"), limit=1, wait=5))
    starts = [started_at(ran, host) for host in ("h1", "h2", "h3")]
    assert starts[1] - starts[0] > 5
    assert starts[2] - starts[1] > 5
    rests = [each for each in ran.of(WaitStarted) if each.what is WaitKind.PAUSE]
    assert [each.limit_s for each in rests] == [5, 5]


def test_without_groups_all_hosts_boot_at_once() -> None:
    ran = run(Scene(config=short_config(roles=(a_role("web", "h1", "h2", "h3"),))))
    assert len({round(started_at(ran, host), 1) for host in ("h1", "h2", "h3")}) == 1


def test_a_group_that_fails_ends_the_rollout_and_later_groups_stay_untouched() -> None:
    scene = grouped(a_role("web", "h1", "h2", "h3"), limit=1)
    scene.set = with_apps(web_h2=CAN_NOT_START).set
    ran = run(scene)
    assert [ran.states(host, "web") for host in ("h1", "h2", "h3")] == [
        PairState.HEALTHY,
        PairState.FAILED,
        PairState.HALTED,
    ]
    assert [ran.serving(host) for host in ("h1", "h2", "h3")] == [NEW, OLD, OLD]
    assert created_at(ran, "h3", "web") is None
    assert ran.card.host == "h2"
    assert "-h h2,h3" in ran.card.retry


def test_a_role_that_fails_halts_the_next_one_on_its_host() -> None:
    scene = Scene(config=short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h1"))))
    scene.set = with_apps(web_h1=ENDS).set
    ran = run(scene)
    assert ran.states("h1", "job") is PairState.HALTED
    assert ran.states("h2", "web") is PairState.HEALTHY


def test_roles_of_a_host_boot_one_after_the_other_unless_told_otherwise() -> None:
    roles = (a_role("web", "h1"), a_role("cron", "h1"), a_role("job", "h1"))
    one_by_one = run(Scene(config=short_config(roles=roles)))
    at_once = run(grouped(*roles, limit=3, parallel_roles=True))

    def apart(ran: Ran) -> float:
        cron, job = created_at(ran, "h1", "cron"), created_at(ran, "h1", "job")
        assert cron is not None
        assert job is not None
        return abs(job - cron)

    assert apart(one_by_one) > 2
    assert apart(at_once) < 0.1


def test_only_what_is_selected_is_shown_and_changed() -> None:
    config = short_config(roles=(a_role("web", "h1"), a_role("job", "h1")))
    ran = run(Scene(config=config, roles=("web",)))
    assert ran.code is ExitCode.DONE
    assert set(ran.board.pairs) == {"web@h1"}
    assert ran.new("h1", "job") is None


def test_every_wait_at_the_barrier_ends() -> None:
    ran = run(with_apps(web_h1=SLOW, web_h2=HEALTHY))
    barrier = [each.wait for each in ran.of(WaitStarted) if each.what is WaitKind.BARRIER]
    assert len(barrier) == 1
    assert set(barrier) <= {each.wait for each in ran.of(WaitEnded)}
