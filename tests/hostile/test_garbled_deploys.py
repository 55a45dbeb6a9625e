"""Deploys to several hosts, one of which answers requests of one kind with garbage: the run ends by itself,
says whose Docker it was and what was wrong with it, and leaves the others as any failure does."""

from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from backstaff.errors import ExitCode
from backstaff.simulator import api
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec, RoleSpec
from tests.hostile import garbled_fleet as fleets
from tests.hostile.garbled_fleet import Garbage, Garbling
from tests.simulator.deploying import Ran, deploy, with_fleet

SPEC = FleetSpec(roles={"web": RoleSpec(("h1", "h2"))}, versions={"v1": "healthy", "v2": "healthy"})
GARBLED = "h2"
LONGEST_S = 300
"""Far above what a deploy with all its deadlines takes, in simulated time."""
LOOK = "see with `docker version` on h2 what answers on /var/run/docker.sock"


@pytest.fixture
def garbling(monkeypatch: pytest.MonkeyPatch) -> Garbling:
    garbling = Garbling(GARBLED)
    as_it_should = api._answering

    @web.middleware
    async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await garbling.answer(request, lambda asked: as_it_should(asked, handler))

    monkeypatch.setattr(api, "_answering", answering)
    return garbling


@dataclass(frozen=True)
class Case:
    """What is garbled and how, and what is said of it: in the failure card, or in a notice where the deploy
    goes well all the same. `other` is the version that the other host has at the end."""

    requests: str
    garbage: Garbage
    told: str
    other: str = "v1"
    fix: str = LOOK


FATAL = {
    "the version": Case(
        fleets.VERSION,
        fleets.other_json,
        "Docker's answer to `docker version` makes no sense: it has no Version",
    ),
    "a version that is none": Case(
        fleets.VERSION,
        fleets.engine("banana", "1.12"),
        "Docker's answer to `docker version` makes no sense: its API version is 'banana'",
    ),
    "a version that is too new": Case(
        fleets.VERSION,
        fleets.engine("1.99", "1.60"),
        "Docker speaks its API only from version 1.60 on, and Backstaff up to 1.51",
        fix="update Backstaff, or use an older Docker there",
    ),
    "a version that is too old": Case(
        fleets.VERSION,
        fleets.engine("1.28", "1.12"),
        "Docker speaks its API only up to version 1.28, and Backstaff 1.29 and newer",
        fix="update Docker there to 17.05 or newer",
    ),
    "the list": Case(
        fleets.LIST, fleets.noise, "Docker's answer to `docker ps` makes no sense: it is no HTTP"
    ),
    "an image": Case(
        fleets.IMAGE,
        fleets.emptiness,
        "Docker's answer to `docker image inspect` makes no sense: it is not what",
    ),
    "a pull": Case(
        fleets.PULL,
        fleets.a_page,
        "Docker's socket answered with HTTP 502 and a page instead of Docker's words: 502 502 Bad Gateway",
    ),
    "a pull without an end": Case(
        fleets.PULL,
        fleets.endless_json,
        "Docker's answer to `docker pull` makes no sense: a message is longer",
    ),
    "a pull without a word": Case(
        fleets.PULL,
        fleets.emptiness,
        "Docker's answer to `docker pull` makes no sense: it ends without a word",
    ),
    "a start": Case(
        fleets.START,
        fleets.emptiness,
        "Docker's answer to `docker start` makes no sense: it does not say",
        "v2",
    ),
    "an inspection": Case(
        fleets.INSPECT,
        fleets.other_json,
        "Docker's answer to `docker inspect` makes no sense: its Id should be a valid string",
        "v2",
    ),
    "what is to be executed": Case(
        fleets.PREPARE, fleets.noise, "Docker's answer to `docker exec` makes no sense: it is no HTTP", "v2"
    ),
    "what is executed": Case(
        fleets.EXECUTE,
        fleets.other_json,
        "Docker's answer to `docker exec` makes no sense: what came is not the output of a container",
        "v2",
    ),
    "a look that gets no answer": Case(
        fleets.IMAGE, fleets.silence, "gave up after 20 s", fix="on h2: systemctl status docker"
    ),
}

HARMLESS = {
    "a stop": Case(
        fleets.STOP,
        fleets.emptiness,
        "demo-web-v1 could not be stopped: Docker's answer to `docker stop` makes no sense: it does not say",
    ),
    "the images to be pruned": Case(
        fleets.IMAGES,
        fleets.other_json,
        "pruning did not finish: Docker's answer to `docker image ls` makes no sense: it is not what",
    ),
    "events": Case(
        fleets.EVENTS,
        fleets.endless_json,
        "Docker's events stopped: Docker's answer to `docker events` makes no sense: a message is longer",
    ),
    "a log": Case(
        fleets.LOGS,
        fleets.noise,
        "the output of web can not be followed: Docker's answer to `docker logs` makes no sense: it is no",
    ),
    "the room": Case(
        fleets.INFO,
        fleets.a_page,
        "Docker's free disk space is not known: Docker's socket answered with HTTP 502",
    ),
}


@dataclass(frozen=True)
class Outcome:
    """How a deploy ended, and what each host then serves and runs."""

    ran: Ran
    serves: dict[str, str]
    runs: dict[str, set[str]]


def deploy_with(garbling: Garbling, case: Case) -> Outcome:
    """Deploy v1 while all is well, then v2; by its end the lock is free, and it does end."""
    outcomes: list[Outcome] = []

    async def work(fleet: Fleet) -> None:
        assert (await deploy(fleet, "v1")).code is ExitCode.DONE
        garbling.requests, garbling.garbage = case.requests, case.garbage
        began = fleet.clock.now()
        ran = await deploy(fleet, "v2")

        assert fleet.clock.now() - began < LONGEST_S
        assert garbling.asked
        assert not list((fleet.host("h1").home / ".kamal").glob("lock-*"))
        outcomes.append(
            Outcome(
                ran,
                {host: serving(fleet, host) for host in SPEC.hosts},
                {host: running(fleet, host) for host in SPEC.hosts},
            )
        )

    with_fleet(SPEC, work)
    return outcomes[0]


def serving(fleet: Fleet, host: str) -> str:
    """The version that has the traffic."""
    proxy = fleet.host(host).proxy
    assert proxy is not None
    container = fleet.host(host).container(proxy.services["demo-web"].target.partition(":")[0])
    assert container is not None
    return container.name.removeprefix("demo-web-")


def running(fleet: Fleet, host: str) -> set[str]:
    return {each.name for each in fleet.host(host).daemon.listed({"status": ["running"]})}


@pytest.mark.parametrize("case", FATAL.values(), ids=FATAL.keys())
def test_garbage_in_what_a_deploy_needs_ends_it_with_the_host_and_the_cause(
    garbling: Garbling, case: Case
) -> None:
    outcome = deploy_with(garbling, case)
    card = outcome.ran.card

    assert outcome.ran.code is ExitCode.FAILED
    assert card.host == GARBLED
    assert case.told in card.cause
    assert case.fix in card.fix
    assert outcome.serves == {"h1": case.other, GARBLED: "v1"}
    assert outcome.runs["h1"] == {f"demo-web-{case.other}", "kamal-proxy"}
    assert "demo-web-v1" in outcome.runs[GARBLED]


@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS.keys())
def test_garbage_in_what_a_deploy_can_do_without_is_told_once(garbling: Garbling, case: Case) -> None:
    outcome = deploy_with(garbling, case)
    told = [each for each in outcome.ran.board.notices if case.told in each.text]

    assert outcome.ran.code is ExitCode.DONE, outcome.ran.board.failure
    assert [each.host for each in told] == [GARBLED]
    assert outcome.serves == {"h1": "v2", GARBLED: "v2"}
    assert outcome.runs["h1"] == {"demo-web-v2", "kamal-proxy"}
