import asyncio

import pytest

from backstaff.errors import ExitCode
from backstaff.events.facts import Outcome, PairState, WaitKind
from backstaff.events.types import PairChanged, ProbeSeen, VersionSeen, WaitEnded, WaitStarted
from backstaff.hosts.protocol import ContainerState
from backstaff.kamal.names import PROXY_CONTAINER
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import ENDS, HEALTHY, NEVER_READY, SLOW, App
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.server import PROXY_IMAGE
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1"),))


def switching(app: App, *faults: Fault, old: App = HEALTHY, first: bool = False) -> Ran:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.apps[f"web:{NEW}"] = app
        server.goes_wrong(*faults)
        for container in server.running("web"):
            container.app = old

    return run(Scene(config=CONFIG, set=set_scene, old="" if first else OLD))


def test_traffic_moves_once_the_new_container_answers() -> None:
    ran = switching(SLOW)
    new, old = ran.new("h1", "web"), ran.container("h1", "web", OLD)
    assert ran.code is ExitCode.DONE
    assert ran.serving("h1") == NEW
    assert new is not None
    assert old is not None
    assert (new.running, old.running) == (True, False)


def test_the_old_container_is_stopped_only_after_it_was_drained() -> None:
    ran = switching(HEALTHY, old=App(drains_s=1.5))
    history = ran.datacentre["h1"].history
    switched = next(each.at for each in history if each.what == "switched to")
    stopped = next(each.at for each in history if each.what == "asked to stop")
    assert stopped >= switched + 1.5


def test_failed_probes_are_counted_and_told() -> None:
    ran = switching(SLOW)
    probes = [each.probe for each in ran.of(ProbeSeen)]
    assert [each.count for each in probes] == [1, 2, 3]
    assert {each.result for each in probes} == {"connection refused"}
    assert PairState.SWITCHING in [each.state for each in ran.of(PairChanged)]


def test_a_target_that_never_answers_fails_with_its_probes() -> None:
    ran = switching(NEVER_READY)
    new = ran.new("h1", "web")
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause == "nothing listens on port 80: connection refused, 6 times in 6 s"
    assert any("failed to become healthy" in line for line in ran.card.evidence)
    assert any("could not connect to database" in line for line in ran.card.evidence)
    assert ran.serving("h1") == OLD
    assert new is not None
    assert not new.running


def test_a_doomed_target_ends_the_wait_before_the_proxys_own_limit() -> None:
    ran = switching(ENDS)
    proxy_waits = {each.wait for each in ran.of(WaitStarted) if each.what is WaitKind.PROXY}
    (outcome,) = [each.outcome for each in ran.of(WaitEnded) if each.wait in proxy_waits]
    assert outcome is Outcome.DOOMED
    assert ran.took_s < CONFIG.deploy_timeout
    assert ran.serving("h1") == OLD


def test_a_proxy_that_never_answers_is_given_up() -> None:
    ran = switching(HEALTHY, Fault("deploy", Kind.HANG))
    assert ran.code is ExitCode.FAILED
    assert ran.card.host == "h1"
    assert ran.serving("h1") == OLD


def test_a_log_that_can_not_be_followed_is_only_told() -> None:
    ran = switching(SLOW, Fault("logs"))
    assert ran.code is ExitCode.DONE
    assert "can not be followed" in ran.notices()


def test_checks_are_counted_across_a_log_whose_stream_ends() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.apps[f"web:{NEW}"] = NEVER_READY
        proxy = server.find(PROXY_CONTAINER)
        assert proxy is not None
        asyncio.get_running_loop().call_later(3.5, proxy.rotate_log)

    ran = run(Scene(config=CONFIG, set=set_scene))

    assert [each.probe.count for each in ran.of(ProbeSeen)] == [1, 2, 3, 4, 5, 6]
    assert ran.card.cause == "nothing listens on port 80: connection refused, 6 times in 6 s"


def test_checks_that_could_not_be_followed_are_read_before_the_cause_is_told() -> None:
    ran = switching(NEVER_READY, Fault("logs", Kind.HANG, times=2))
    assert ran.card.cause == "nothing listens on port 80: connection refused, 6 times in 6 s"
    assert "can not be followed" not in ran.notices()


def test_a_log_that_can_not_be_read_at_all_is_told_once() -> None:
    ran = switching(NEVER_READY, Fault("logs"))
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause == "the proxy did not find web healthy within 6 s"
    assert ran.notices().count("the proxy's log can not be followed") == 1


def test_the_first_deploy_starts_the_proxy() -> None:
    ran = switching(HEALTHY, first=True)
    assert ran.code is ExitCode.DONE
    assert ran.serving("h1") == NEW


@pytest.mark.parametrize("status", [409, 500])
def test_a_proxy_that_ends_right_after_its_start_is_the_cause(status: int) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.status_of_ended = status
        server.add_image(PROXY_IMAGE, {})
        proxy = server.create(PROXY_CONTAINER, PROXY_IMAGE, {}, ENDS)
        proxy.restart_policy = "no"
        server.goes_wrong(Fault("list", times=6))

    ran = run(Scene(config=CONFIG, set=set_scene, old=""))
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause == "kamal-proxy ended again right after it was started"
    assert ran.card.host == "h1"
    assert "backstaff proxy logs -h h1" in ran.card.fix


def test_a_container_of_the_same_version_makes_way_and_comes_back_into_service_anew() -> None:
    ran = run(Scene(config=CONFIG, old=NEW))
    names = [each.name for each in ran.datacentre["h1"].of_role("web")]
    assert ran.code is ExitCode.DONE
    assert any(name.startswith("app-web-v2_replaced_") for name in names)
    assert ran.serving("h1") == NEW
    assert len(ran.datacentre["h1"].running("web")) == 1


@pytest.mark.parametrize("operation", ["create", "start", "rename", "deploy"])
def test_a_step_that_fails_names_itself_and_leaves_the_old_one_serving(operation: str) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].goes_wrong(Fault(operation, text="the disk is on fire"))

    old = NEW if operation == "rename" else OLD
    ran = run(Scene(config=CONFIG, set=set_scene, old=old))
    assert ran.code is ExitCode.FAILED
    assert (ran.card.host, ran.card.role) == ("h1", "web")
    assert "the disk is on fire" in " ".join((ran.card.cause, *ran.card.evidence))
    assert ran.serving("h1") == old


def test_an_idle_old_container_that_can_not_be_stopped_is_told_and_fails_nothing() -> None:
    ran = switching(HEALTHY, Fault("stop", Kind.HANG))
    assert ran.code is ExitCode.DONE
    assert "app-web-v1 could not be stopped" in ran.notices()
    assert ran.board.verdicts[0].note == "v1 runs beside it"
    assert ran.serving("h1") == NEW


def test_a_link_lost_while_the_proxy_checks_ends_the_wait_at_once() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].apps[f"web:{NEW}"] = NEVER_READY
        asyncio.get_running_loop().call_later(3, datacentre["h1"].lose_connections)

    ran = run(Scene(config=CONFIG, set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert ran.took_s < 4
    assert ran.card.host == "h1"
    assert ran.serving("h1") == OLD


@pytest.mark.parametrize("comes_back", [False, True], ids=["stays-down", "restarted"])
def test_a_proxy_that_ends_while_it_checks_is_the_cause(comes_back: bool) -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.apps[f"web:{NEW}"] = NEVER_READY
        proxy = server.find(PROXY_CONTAINER)
        assert proxy is not None
        later = asyncio.get_running_loop().call_later
        later(3, proxy.stop, 0, proxy.start if comes_back else lambda: None)

    ran = run(Scene(config=CONFIG, set=set_scene))

    cause = "kamal-proxy was restarted while" if comes_back else "kamal-proxy does not run any more"
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause.startswith(cause)
    assert ran.card.host == "h1"
    assert "backstaff proxy logs -h h1" in ran.card.fix
    assert any("failed to become healthy" in line for line in ran.card.evidence)
    assert ran.board.verdicts[0].serving == (OLD if comes_back else "")


def test_a_proxy_that_breaks_off_has_ended_although_docker_does_not_know_it_yet() -> None:
    ran = switching(HEALTHY, Fault("deploy", text="EOF"))
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause == "kamal-proxy ended while it took on the new container"
    assert "backstaff proxy logs -h h1" in ran.card.fix
    assert "EOF" in ran.card.evidence


def test_what_runs_although_dockers_list_says_that_it_was_never_started_is_replaced() -> None:
    """As it says after a start on a full disk."""

    def set_scene(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].running("web"):
            container.listed_as = ContainerState.CREATED

    ran = run(Scene(config=CONFIG, set=set_scene))

    assert ran.code is ExitCode.DONE
    assert [each.version for each in ran.of(VersionSeen)] == [OLD]
    assert [each.name for each in ran.datacentre["h1"].running("web")] == ["app-web-v2"]
    assert ran.board.verdicts[0].note == ""


def test_a_container_that_was_really_never_started_is_left_alone() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        labels = {"service": "app", "role": "web", "destination": ""}
        datacentre["h1"].create("app-web-v1x", CONFIG.absolute_image(OLD), labels, HEALTHY)

    ran = run(Scene(config=CONFIG, set=set_scene))

    assert ran.code is ExitCode.DONE
    assert [each.version for each in ran.of(VersionSeen)] == [OLD]
    assert ran.serving("h1") == NEW


def test_what_an_interrupted_deploy_left_running_is_stopped_unless_it_serves() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        image = CONFIG.absolute_image("v1x")
        server.add_image(image)
        left = server.create(
            "app-web-v1x", image, {"service": "app", "role": "web", "destination": ""}, HEALTHY
        )
        left.start()
        server.route("app-web", left)
        server.begin_history()

    ran = run(Scene(config=CONFIG, set=set_scene))
    assert ran.code is ExitCode.DONE
    assert [each.name for each in ran.datacentre["h1"].running("web")] == ["app-web-v2"]
    stops = [each for each in ran.datacentre["h1"].history if each.what == "asked to stop"]
    assert not any(each.was_target for each in stops)
