"""A proxy that moves the traffic, late, to a container which was given up: it is pointed back."""

import asyncio
from collections.abc import Callable

from backstaff.errors import ExitCode
from backstaff.events.facts import Phase
from backstaff.events.types import PhaseStarted
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import HEALTHY, NEVER_READY
from tests.fakes.containers import FakeContainer
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1"),))
GIVEN_UP = "v1x"


def begins(ran: Ran, phase: Phase) -> float:
    return next(each.t for each in ran.events if each.body == PhaseStarted(phase=phase))


def strayed(
    to: Callable[[Datacentre], FakeContainer], *, at: float | None, cancel_at: float | None = None
) -> Ran:
    """A deploy during which the proxy moves the traffic to a container at a moment, or never."""

    def set_scene(datacentre: Datacentre) -> None:
        server, image = datacentre["h1"], CONFIG.absolute_image(GIVEN_UP)
        server.add_image(image)
        labels = {"service": "app", "role": "web", "destination": ""}
        server.create(f"app-web-{GIVEN_UP}", image, labels, HEALTHY)
        if cancel_at is not None:
            server.apps[f"web:{NEW}"] = NEVER_READY
        if at is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(at, lambda: server.route("app-web", to(datacentre)))

    return run(Scene(config=CONFIG, set=set_scene, cancel_at=cancel_at))


def named(name: str) -> Callable[[Datacentre], FakeContainer]:
    return lambda datacentre: next(each for each in datacentre["h1"].of_role("web") if each.name == name)


def test_a_deploy_ends_with_the_traffic_on_its_own_version() -> None:
    finish = begins(strayed(named(""), at=None), Phase.FINISH)
    ran = strayed(named(f"app-web-{GIVEN_UP}"), at=finish)
    assert ran.code is ExitCode.DONE
    assert ran.serving("h1") == NEW
    assert (
        "the traffic of web went to app-web-v1x, which has ended: the proxy was pointed back at app-web-v2"
        in (ran.notices())
    )


def test_after_a_cancelled_one_the_old_version_has_the_traffic_again() -> None:
    verify = begins(strayed(named(""), at=None, cancel_at=3), Phase.VERIFY)
    ran = strayed(named(f"app-web-{NEW}"), at=verify, cancel_at=3)
    assert ran.code is ExitCode.INTERRUPTED
    assert ran.serving("h1") == OLD
    assert "pointed back at app-web-v1" in ran.notices()


def test_no_traffic_is_pointed_at_what_is_paused() -> None:
    def and_pauses_the_new_one(datacentre: Datacentre) -> FakeContainer:
        named(f"app-web-{NEW}")(datacentre).pause()
        return named(f"app-web-{GIVEN_UP}")(datacentre)

    finish = begins(strayed(named(""), at=None), Phase.FINISH)
    ran = strayed(and_pauses_the_new_one, at=finish)
    assert ran.code is ExitCode.FAILED
    assert "pointed back" not in ran.notices()


def test_what_runs_is_somebody_s_choice_and_left_alone() -> None:
    def another(datacentre: Datacentre) -> FakeContainer:
        container = named(f"app-web-{GIVEN_UP}")(datacentre)
        container.start()
        return container

    finish = begins(strayed(named(""), at=None), Phase.FINISH)
    ran = strayed(another, at=finish)
    assert ran.code is ExitCode.FAILED
    assert ran.serving("h1") == GIVEN_UP
    assert "pointed back" not in ran.notices()
