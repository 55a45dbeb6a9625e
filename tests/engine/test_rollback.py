from backstaff.engine.app_state import watches_of
from backstaff.engine.fleet import connected
from backstaff.engine.rollback import last_good_version
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command
from tests.engine.running import OLD, Scene, a_datacentre, a_run, run, short_config
from tests.fakes.apps import HEALTHY
from tests.fakes.clock import EPOCH, simulated
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1", "h2"), a_role("job", "h2")))


def keep(datacentre: Datacentre, version: str, *pairs: str, age_s: int = 0) -> None:
    """A stopped container of a version for each of `web@h1`, and its image."""
    for pair in pairs:
        role, _, host = pair.partition("@")
        server = datacentre[host]
        image = CONFIG.absolute_image(version)
        server.add_image(image)
        labels = {"service": "app", "role": role, "destination": ""}
        container = server.create(f"app-{role}-{version}", image, labels, HEALTHY)
        container.created_at = EPOCH.fromtimestamp(EPOCH.timestamp() - 10_000 - age_s, EPOCH.tzinfo)
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


async def default_version(*kept: tuple[str, int, tuple[str, ...]]) -> str | None:
    datacentre = a_datacentre(CONFIG)
    for version, age_s, pairs in kept:
        keep(datacentre, version, *pairs, age_s=age_s)
    context, selection = a_run(CONFIG), Scene(config=CONFIG).selection()
    async with connected(context, datacentre, CONFIG.all_hosts) as fleet:
        watches = await watches_of(context, fleet, selection)
        return last_good_version(CONFIG, selection.pairs, watches)


EVERYWHERE = ("web@h1", "web@h2", "job@h2")


@simulated
async def test_the_newest_older_version_that_is_everywhere_is_the_default() -> None:
    found = await default_version(
        ("v0a", 300, EVERYWHERE), ("v0b", 200, EVERYWHERE), ("v0c", 100, ("web@h1",))
    )
    assert found == "v0b"


@simulated
async def test_without_an_older_version_everywhere_there_is_no_default() -> None:
    assert await default_version(("v0c", 100, ("web@h1", "web@h2"))) is None


@simulated
async def test_the_version_that_runs_is_never_the_default() -> None:
    assert await default_version() != OLD
