import pytest

from backstaff.errors import ExitCode
from backstaff.events.facts import WaitKind
from backstaff.events.types import CommandRun, Progress, WaitStarted
from backstaff.plan.plan import Command
from tests.engine.running import NEW, OLD, Ran, Scene, run
from tests.fakes.faults import Fault
from tests.fakes.hosts import Datacentre
from tests.fakes.server import Pull
from tests.fakes.shell import lock_held


def pulling(pull: Pull, host: str = "h2") -> Ran:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre[host].pulls = pull

    return run(Scene(set=set_scene))


def untouched(ran: Ran) -> bool:
    return not any(server.history for server in ran.datacentre.servers.values())


def test_a_pull_may_last_as_long_as_it_moves() -> None:
    ran = pulling(Pull(steps=20, step_s=2))
    assert ran.code is ExitCode.DONE
    (wait,) = [each for each in ran.of(WaitStarted) if each.what is WaitKind.PULL and each.host == "h2"]
    assert wait.silence
    assert wait.limit_s < 40


def test_a_pull_without_progress_is_given_up_before_anything_is_changed() -> None:
    ran = pulling(Pull(steps=2, goes_silent=True))
    assert ran.code is ExitCode.FAILED
    assert ran.card.host == "h2"
    assert "5 s without a sign of life" in ran.card.cause
    assert untouched(ran)
    assert not lock_held(ran.datacentre["h1"])


def test_what_the_registry_says_is_explained() -> None:
    ran = pulling(Pull(error="manifest for registry.test/me/app:v2 not found: manifest unknown"))
    assert ran.card.cause == "the image registry.test/me/app:v2 is not in the registry"
    assert any("manifest unknown" in line for line in ran.card.evidence)
    assert untouched(ran)


def test_an_image_of_another_service_is_refused() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h2"].image_labels = {"service": "shop"}

    ran = run(Scene(set=set_scene))
    assert ran.code is ExitCode.FAILED
    assert "has the label service=shop, expected service=app" in ran.card.cause
    assert untouched(ran)


def test_progress_is_told_and_ends_complete() -> None:
    ran = run(Scene())
    told = [each for each in ran.of(Progress) if each.host == "h1"]
    assert (told[-1].current, told[-1].total) == (3, 3)


def test_all_hosts_are_let_finish_and_the_first_failure_names_the_others() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].pulls = Pull(error="toomanyrequests: slow down")
        datacentre["h3"].goes_wrong(Fault("pull", text="no space left on device"))

    ran = run(Scene(set=set_scene))
    assert ran.card.host == "h1"
    assert any("h3" in line and "disk" in line for line in ran.card.evidence)
    assert NEW in {
        tag.rpartition(":")[2] for image in ran.datacentre["h2"].images.values() for tag in image.tags
    }


@pytest.mark.parametrize("command", [Command.ROLLBACK, Command.APP_BOOT])
def test_commands_that_bring_no_image_pull_none(command: Command) -> None:
    ran = run(Scene(command=command, version=OLD))
    assert ran.code is ExitCode.DONE
    assert not any("docker pull" in each.line for each in ran.of(CommandRun))
