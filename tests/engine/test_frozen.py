"""What a run that was killed has left paused is found by the next one."""

import pytest

from backstaff.errors import ExitCode
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import CAN_NOT_START, HEALTHY, App
from tests.fakes.containers import FakeContainer
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1"),))
LEFT = "v1x"


def left_paused(
    *faults: Fault, version: str = LEFT, serves: bool, alone: bool = False, new: App = HEALTHY
) -> Ran:
    """A deploy that finds a paused container of a version, with the traffic or without."""

    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        server.goes_wrong(*faults)
        server.apps[f"web:{NEW}"] = new
        (old,) = server.running("web")
        left = old if alone else another(datacentre, version)
        if serves:
            server.route("app-web", left)
        left.pause()
        server.begin_history()

    return run(Scene(config=CONFIG, set=set_scene))


def another(datacentre: Datacentre, version: str) -> FakeContainer:
    server, image = datacentre["h1"], CONFIG.absolute_image(version)
    server.add_image(image)
    labels = {"service": "app", "role": "web", "destination": ""}
    container = server.create(f"app-web-{version}", image, labels, HEALTHY)
    container.start()
    return container


def up(ran: Ran) -> list[str]:
    return [each.name for each in ran.datacentre["h1"].of_role("web") if each.up]


@pytest.mark.parametrize("version", [LEFT, NEW], ids=["another-version", "the-same-version"])
@pytest.mark.parametrize("alone", [False, True], ids=["beside-another", "alone"])
def test_what_has_the_traffic_goes_on_before_anything_new_boots(version: str, alone: bool) -> None:
    ran = left_paused(version=version, serves=True, alone=alone)
    told = [each.what for each in ran.datacentre["h1"].history if each.container.role == "web"]
    assert ran.code is ExitCode.DONE
    assert told.index("unpause") < told.index("created")
    assert "has the traffic and was paused: it goes on" in ran.notices()
    assert "has the traffic and is paused: requests to it hang" in ran.notices()
    assert up(ran) == ["app-web-v2"]
    assert ran.serving("h1") == NEW


@pytest.mark.parametrize("version", [LEFT, NEW], ids=["another-version", "the-same-version"])
def test_what_never_served_is_stopped(version: str) -> None:
    ran = left_paused(version=version, serves=False)
    assert ran.code is ExitCode.DONE
    assert "it goes on" not in ran.notices()
    assert up(ran) == ["app-web-v2"]
    stops = [each for each in ran.datacentre["h1"].history if each.what == "asked to stop"]
    assert not any(each.was_target for each in stops)


def test_what_has_the_traffic_goes_on_also_where_the_boot_fails() -> None:
    ran = left_paused(serves=True, new=CAN_NOT_START)
    assert ran.code is ExitCode.FAILED
    assert ran.serving("h1") == LEFT
    assert [each.name for each in ran.datacentre["h1"].running("web")] == [f"app-web-{LEFT}"]


def test_where_the_proxy_does_not_tell_what_has_the_traffic_nothing_is_stopped() -> None:
    ran = left_paused(Fault("list"), serves=True, alone=True)
    assert ran.code is ExitCode.FAILED
    assert "kamal-proxy does not tell what it serves" in ran.card.cause
    assert ran.happened("h1", "web") == []


def test_nor_is_it_where_the_proxy_falls_silent_while_the_run_prepares() -> None:
    ran = left_paused(Fault("list", nth=2, times=1), serves=True, alone=True)
    assert ran.code is ExitCode.FAILED
    assert ran.happened("h1", "web") == []


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG])
def test_what_can_not_go_on_is_told_and_replaced(kind: Kind) -> None:
    ran = left_paused(Fault("unpause", kind), serves=True)
    assert ran.code is ExitCode.DONE
    assert f"app-web-{LEFT} is paused and could not go on" in ran.notices()
    assert up(ran) == ["app-web-v2"]
    assert ran.serving("h1") != OLD
