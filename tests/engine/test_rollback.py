import asyncio

from backstaff.engine.app_state import watches_of
from backstaff.engine.fleet import connected
from backstaff.engine.rollback import last_good_version
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command
from tests.engine.running import Scene, a_datacentre, a_run, run, short_config
from tests.fakes.apps import HEALTHY
from tests.fakes.clock import simulated
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h2")))


def keep(datacentre: Datacentre, version: str, *pairs: str) -> None:
    """A stopped container of a version for each of `web@h1`, and its image."""
    for pair in pairs:
        role, _, host = pair.partition("@")
        server = datacentre[host]
        image = CONFIG.absolute_image(version)
        server.add_image(image)
        labels = {"service": "app", "role": role, "destination": ""}
        server.create(f"app-{role}-{version}", image, labels, HEALTHY)
        server.history.clear()


def test_an_older_version_that_is_everywhere_comes_back() -> None:
    ran = run(
        Scene(
            config=CONFIG,
            command=Command.ROLLBACK,
            version="v0",
            set=lambda datacentre: keep(datacentre, "v0", "web@h1", "web@h2", "job@h2"),
        )
    )
    assert ran.code is ExitCode.DONE
    assert [ran.serving(host) for host in ("h1", "h2")] == ["v0", "v0"]


def test_a_version_that_a_host_has_no_more_is_refused_before_anything_is_changed() -> None:
    ran = run(
        Scene(
            config=CONFIG,
            command=Command.ROLLBACK,
            version="v0",
            set=lambda datacentre: keep(datacentre, "v0", "web@h1", "job@h2"),
        )
    )
    assert ran.code is ExitCode.FAILED
    assert ran.card.cause == "version v0 is not there any more for web@h2"
    assert "web@h2 has v1" in ran.card.evidence
    assert not any(server.history for server in ran.datacentre.servers.values())


def test_a_version_whose_image_is_gone_is_refused() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        keep(datacentre, "v0", "web@h1", "web@h2", "job@h2")
        image = datacentre["h2"].image(CONFIG.absolute_image("v0"))
        assert image is not None
        del datacentre["h2"].images[image.id]

    ran = run(Scene(config=CONFIG, command=Command.ROLLBACK, version="v0", set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert "is gone from the host" in ran.card.cause


async def default_version(booted: str, *kept: tuple[str, tuple[str, ...]]) -> str | None:
    """The default for hosts whose audit logs tell that these versions were booted, in this order."""
    datacentre = a_datacentre(CONFIG)
    for version, pairs in kept:
        keep(datacentre, version, *pairs)
    for server in datacentre.servers.values():
        lines = [
            f"[ada@example.com] [{role}] Booted app version {each}\n"
            for each in booted.split()
            for role in ("web", "job")
        ]
        server.files[".kamal/app-audit.log"] = "".join(lines)
    context, selection = a_run(CONFIG), Scene(config=CONFIG).selection()
    async with connected(context, datacentre, CONFIG.all_hosts) as fleet:
        watches = await watches_of(context, fleet, selection)
        return await last_good_version(context, selection.pairs, watches)


EVERYWHERE = ("web@h1", "web@h2", "job@h2")


@simulated
async def test_the_version_that_worked_last_and_is_still_everywhere_is_the_default() -> None:
    kept = [("v0a", EVERYWHERE), ("v0b", EVERYWHERE), ("v0c", ("web@h1",))]
    assert await default_version("v0a v0b v0c v1", *kept) == "v0b"


@simulated
async def test_a_version_that_never_worked_is_not_gone_back_to() -> None:
    kept = [("v0a", EVERYWHERE), ("v0b", EVERYWHERE)]
    assert await default_version("v0a v1", *kept) == "v0a"


@simulated
async def test_without_an_older_version_everywhere_there_is_no_default() -> None:
    assert await default_version("v0c v1", ("v0c", ("web@h1", "web@h2"))) is None


@simulated
async def test_the_version_that_runs_is_never_the_default() -> None:
    assert await default_version("v1") is None


@simulated
async def test_what_was_rolled_away_from_is_not_gone_back_to() -> None:
    kept = [("v0a", EVERYWHERE), ("v0b", EVERYWHERE)]
    assert await default_version("v0a v0b v0a v1", *kept) == "v0a"


@simulated
async def test_latest_is_no_version_to_go_back_to() -> None:
    kept = [("v0a", EVERYWHERE), ("latest", EVERYWHERE)]
    assert await default_version("v0a latest v1", *kept) == "v0a"


@simulated
async def test_after_a_deploy_that_reached_some_hosts_the_version_of_the_others_is_the_default() -> None:
    datacentre = a_datacentre(CONFIG)
    keep(datacentre, "v0", *EVERYWHERE)
    new = datacentre["h1"]
    image = CONFIG.absolute_image("v2")
    new.add_image(image)
    labels = {"service": "app", "role": "web", "destination": ""}
    new.create("app-web-v2", image, labels, HEALTHY).start()
    old = new.find("app-web-v1")
    assert old is not None
    old.stop(0, lambda: None)
    await asyncio.sleep(1)
    for server in datacentre.servers.values():
        versions = ["v0", "v1", *(["v2"] if server is new else [])]
        lines = [
            f"[ada] [{role}] Booted app version {each}\n" for each in versions for role in ("web", "job")
        ]
        server.files[".kamal/app-audit.log"] = "".join(lines)
    context, selection = a_run(CONFIG), Scene(config=CONFIG).selection()
    async with connected(context, datacentre, CONFIG.all_hosts) as fleet:
        watches = await watches_of(context, fleet, selection)
        assert await last_good_version(context, selection.pairs, watches) == "v1"
