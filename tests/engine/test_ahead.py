"""What the end of a run asks of a host while others still boot, and when it is asked again."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from backstaff.clock import Seconds
from backstaff.engine.hooks import Hooks
from backstaff.errors import ExitCode
from backstaff.events.facts import Phase
from backstaff.events.types import CommandRun, PhaseStarted, Verified
from tests.engine.running import NEW, OLD, Ran, Scene, run, short_config
from tests.fakes.apps import App
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.fakes.server import FakeServer
from tests.kamal.builders import a_role

TAKES_LONG = App(ready_after_s=4, has_check=True)
ALONE = short_config(roles=(a_role("web", "h1"),))
BESIDE_ANOTHER = short_config(roles=(a_role("web", "h1"), a_role("job", "h2")))
SERVES, IMAGES = "kamal-proxy list", "docker image ls"


def h1_is_done_early(change: Callable[[FakeServer], None] = lambda _: None, *, at: Seconds = 0) -> Scene:
    """The job on h2 takes long; `at` so many seconds something happens to h1."""

    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].apps[f"job:{NEW}"] = TAKES_LONG
        loop = asyncio.get_running_loop()
        loop.call_later(at, change, datacentre["h1"])

    return Scene(config=BESIDE_ANOTHER, set=set_scene)


def phases_of(ran: Ran, line: str, host: str = "h1") -> Sequence[Phase]:
    """In which phases a host answered a question."""
    phase, found = Phase.CONNECT, []
    for event in ran.events:
        body = event.body
        if isinstance(body, PhaseStarted):
            phase = body.phase
        if isinstance(body, CommandRun) and body.host == host and line in body.line:
            found.append(phase)
    return found


def test_a_host_is_asked_while_another_boots() -> None:
    ran = run(h1_is_done_early())
    assert ran.code is ExitCode.DONE
    assert phases_of(ran, SERVES) == [Phase.BOOT]
    assert phases_of(ran, IMAGES) == [Phase.BOOT]
    assert phases_of(ran, IMAGES, "h2") == [Phase.FINISH]


def test_where_nobody_else_boots_the_end_asks_for_itself() -> None:
    ran = run(Scene(config=ALONE))
    assert ran.code is ExitCode.DONE
    assert phases_of(ran, SERVES) == [Phase.VERIFY]
    assert phases_of(ran, IMAGES) == [Phase.FINISH]


@pytest.mark.parametrize("hook", ["pre-app-boot", "post-app-boot"])
def test_a_program_of_the_operators_may_change_what_was_asked_for(
    hook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def runs(_: Hooks, name: str, **options: object) -> None:
        """Real programs do not run on simulated time."""

    monkeypatch.setattr(Hooks, "has", lambda _, name: name == hook)
    monkeypatch.setattr(Hooks, "run", runs)
    ran = run(h1_is_done_early())
    assert phases_of(ran, SERVES) == [Phase.VERIFY]
    assert phases_of(ran, IMAGES) == [Phase.FINISH]


def test_a_proxy_that_has_ended_since_is_seen() -> None:
    ran = run(h1_is_done_early(lambda server: server.kill("kamal-proxy"), at=4))
    assert ran.code is ExitCode.FAILED
    verdicts = {each.host: each for each in ran.of(Verified)[0].pairs}
    assert verdicts["h1"].note == "kamal-proxy does not run"
    assert verdicts["h2"].agrees
    assert phases_of(ran, SERVES)[:2] == [Phase.BOOT, Phase.VERIFY]


def test_where_something_has_happened_since_all_is_asked_again() -> None:
    """Somebody ends the new version and gives its traffic to the old one."""

    def go_back(server: FakeServer) -> None:
        old = next(each for each in server.of_role("web") if each.name.endswith(OLD))
        old.start()
        server.route("app-web", old)
        server.kill(f"app-web-{NEW}")

    ran = run(h1_is_done_early(go_back, at=4))
    assert ran.code is ExitCode.FAILED
    verdicts = {each.host: each for each in ran.of(Verified)[0].pairs}
    assert (verdicts["h1"].agrees, verdicts["h1"].serving) == (False, OLD)
    assert phases_of(ran, SERVES)[:2] == [Phase.BOOT, Phase.VERIFY]


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.DELAY, Kind.HANG])
def test_a_proxy_that_could_not_be_asked_ahead_is_asked_at_the_end(kind: Kind) -> None:
    fault = Fault("list", kind, times=1, delay_s=2)
    ran = run(h1_is_done_early(lambda server: server.goes_wrong(fault)))
    assert ran.code is ExitCode.DONE
    assert ran.of(Verified)[0].pairs[0].agrees
    again = [] if kind is Kind.DELAY else [Phase.VERIFY]
    assert phases_of(ran, SERVES)[1:] == again


@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG])
def test_images_that_could_not_be_listed_ahead_are_a_warning(kind: Kind) -> None:
    ran = run(h1_is_done_early(lambda server: server.goes_wrong(Fault("images", kind))))
    assert ran.code is ExitCode.DONE
    assert "pruning did not finish" in ran.notices()
    assert len(phases_of(ran, IMAGES)) == 1


def test_a_run_that_fails_looks_anew() -> None:
    ran = run(h1_is_done_early(lambda server: server.goes_wrong(Fault("tag"))))
    assert ran.code is ExitCode.FAILED
    assert phases_of(ran, SERVES) == [Phase.BOOT, Phase.VERIFY]
