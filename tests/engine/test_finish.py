import asyncio

import pytest

from backstaff.errors import ExitCode
from backstaff.events.facts import LockState
from backstaff.events.types import Verified
from backstaff.plan.plan import Command
from tests.engine.running import NEW, OLD, Scene, run, short_config
from tests.fakes.apps import HEALTHY
from tests.fakes.faults import Fault, Kind
from tests.fakes.hosts import Datacentre
from tests.kamal.builders import a_role

CONFIG = short_config(roles=(a_role("web", "h1"),))
AUDIT_LOG = ".kamal/app-audit.log"


def with_older(*versions: str) -> Scene:
    """Stopped containers of older versions, oldest first."""

    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        for version in versions:
            image = CONFIG.absolute_image(version)
            server.add_image(image)
            labels = {"service": "app", "role": "web", "destination": ""}
            server.create(f"app-web-{version}", image, labels, HEALTHY)

    return Scene(config=CONFIG, set=set_scene)


def names(scene: Scene, command: Command = Command.DEPLOY) -> list[str]:
    scene.command = command
    return [each.name for each in run(scene).datacentre["h1"].of_role("web")]


@pytest.mark.parametrize("retain", [1, 2])
def test_a_deploy_keeps_the_newest_stopped_containers(retain: int) -> None:
    config = short_config(roles=(a_role("web", "h1"),), retain_containers=retain)
    scene = with_older("v0a", "v0b", "v0c")
    scene.config = config
    stopped = [name for name in names(scene) if name != "app-web-v2"]
    assert len(stopped) == retain


def test_a_redeploy_prunes_nothing() -> None:
    assert len(names(with_older(*"abcdefgh"), Command.REDEPLOY)) == 10


def test_tags_of_removed_versions_go_and_the_latest_one_moves() -> None:
    scene = with_older("v0a", "v0b", "v0c", "v0d", "v0e", "v0f")
    server = run(scene).datacentre["h1"]
    latest = server.image(CONFIG.absolute_image("latest"))
    assert latest is not None
    assert CONFIG.absolute_image(NEW) in latest.tags
    used = {each.image for each in server.of_role("web")} | {CONFIG.absolute_image("latest")}
    assert {tag for image in server.images.values() for tag in image.tags if "me/app" in tag} == used


@pytest.mark.parametrize("operation", ["images", "remove", "untag", "prune", "tidy"])
@pytest.mark.parametrize("kind", [Kind.FAIL, Kind.HANG])
def test_cleaning_up_that_fails_is_a_warning(operation: str, kind: Kind) -> None:
    scene = with_older(*"abcdefgh")
    older = scene.set

    def set_scene(datacentre: Datacentre) -> None:
        older(datacentre)
        datacentre["h1"].goes_wrong(Fault(operation, kind))

    scene.set = set_scene
    ran = run(scene)
    assert ran.code is ExitCode.DONE
    assert ran.serving("h1") == NEW


def test_what_was_done_is_in_the_audit_log() -> None:
    ran = run(Scene(config=CONFIG))
    log = ran.datacentre["h1"].files[AUDIT_LOG]
    texts = [line.rpartition("] ")[2] for line in log.splitlines()]
    assert texts == [
        "Pulled image with version v2",
        "Booted app version v2",
        "Tagging registry.test/me/app:v2 as the latest image",
        "Pruned containers",
        "Pruned images",
    ]


def test_an_audit_log_that_can_not_be_written_is_a_warning() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].goes_wrong(Fault("audit", text="No space left on device"))

    ran = run(Scene(config=CONFIG, set=set_scene))
    assert ran.code is ExitCode.DONE
    assert "tidying up did not finish" in ran.notices() or "audit log could not be written" in ran.notices()


def test_hosts_that_show_something_else_at_the_end_fail_the_run() -> None:
    """Somebody starts the old version and points the proxy back at it while old images are looked for."""

    def set_scene(datacentre: Datacentre) -> None:
        server = datacentre["h1"]
        old = server.running("web")[0]

        def meddle() -> None:
            if server.proxy.serves("app-web") is not old:
                old.start()
                server.route("app-web", old)

        server.faults.all.append(Fault("images", Kind.DELAY, delay_s=1))
        asyncio.get_running_loop().call_later(3, meddle)

    ran = run(Scene(config=short_config(roles=(a_role("web", "h1"),)), set=set_scene))
    (verified,) = ran.of(Verified)
    assert ran.code is ExitCode.FAILED
    assert not verified.pairs[0].agrees
    assert "do not show the new version everywhere" in ran.card.cause
    assert ran.board.lock is not None
    assert ran.board.lock.state is LockState.RELEASED


def test_a_host_that_can_not_be_observed_at_the_end_is_told_as_unknown() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].goes_wrong(Fault("start", Kind.LOSE))

    ran = run(Scene(set=set_scene))
    verdicts = {each.host: each for each in ran.of(Verified)[0].pairs}
    assert "connection" in verdicts["h2"].unknown
    assert verdicts["h1"].agrees
    assert verdicts["h1"].expected == NEW != OLD
