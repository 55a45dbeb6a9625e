"""What can go wrong in a deploy of the long haul, on one host or for all."""

import random
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial

from backstaff.kamal.names import PROXY_CONTAINER
from backstaff.kamal.paths import RUN_DIR
from backstaff.simulator.containers import Container
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.faults import Action, Operation
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import REGISTRY_PASSWORD, RoleSpec

ROLES = {"web": RoleSpec(("h1", "h2")), "job": RoleSpec(("h3",), "worker")}
BROKEN = ("unhealthy", "crash:1", "hang", "wrong-port")
MOST_SKEW_S = 30.0
"""Less than a run's settling: the times of a host that was ahead stand still until they are true again."""


class Scene:
    """Where a fault is to strike: one host, and the image that the run deploys. `undo` is done after it."""

    def __init__(self, fleet: Fleet, image: str, dice: random.Random) -> None:
        self.fleet = fleet
        self.image = image
        self.dice = dice
        self.host = fleet.host(dice.choice(list(fleet.hosts)))
        self.undo = ExitStack()
        self.struck = False

    def at(self, operation: Operation, action: Action, *, times: int = 1) -> None:
        """Let the fault strike when an operation begins on the host."""

        def strike() -> Awaitable[None] | None:
            self.struck = True
            return action()

        self.host.at(operation, strike, times=times)

    def move_to(self, role: str) -> None:
        """Let it strike on a host of a role."""
        self.host = self.fleet.host(self.dice.choice(ROLES[role].hosts))

    def any_operation(self) -> Operation:
        """One of those that a deploy may come to."""
        return self.dice.choice(list(Operation))


def _freeze(scene: Scene) -> None:
    _freeze_at(scene, scene.any_operation())


def _freeze_at_a_start(scene: Scene) -> None:
    _freeze_at(scene, Operation.START)


def _freeze_at(scene: Scene, operation: Operation) -> None:
    scene.at(operation, scene.host.freeze_docker)
    scene.undo.callback(scene.host.thaw_docker)


def _freeze_for_a_while(scene: Scene) -> None:
    host, lasts_s = scene.host, scene.dice.uniform(1, 15)

    def freeze() -> None:
        host.freeze_docker()
        host.after(lasts_s, host.thaw_docker)

    scene.at(scene.any_operation(), freeze)


def _cut(scene: Scene) -> None:
    scene.at(scene.any_operation(), scene.host.break_connections, times=scene.dice.randint(1, 3))


def _fill_the_disk(scene: Scene) -> None:
    def refuse() -> None:
        raise DockerRefusal(500, "write /var/lib/docker/tmp/1: no space left on device")

    scene.at(scene.dice.choice((Operation.PULL, Operation.CREATE, Operation.START)), refuse)


def _withhold_the_image(scene: Scene) -> None:
    scene.at(Operation.PULL, lambda: scene.host.withhold(scene.image))
    scene.undo.callback(scene.host.daemon.images.withheld.clear)


def _refuse_the_login(scene: Scene) -> None:
    def expect(password: str) -> None:
        scene.fleet.registry.password = password

    scene.at(Operation.PULL, lambda: expect("another"))
    scene.undo.callback(expect, REGISTRY_PASSWORD)


def _break_the_app(scene: Scene) -> None:
    mode = scene.dice.choice(BROKEN)
    scene.at(Operation.CREATE, lambda: scene.host.behave(scene.image, mode))
    scene.undo.callback(scene.host.daemon.machine.modes.clear)


def _kill_the_proxy(scene: Scene) -> None:
    scene.move_to("web")
    scene.at(Operation.PROXY_DEPLOY, lambda: scene.host.daemon.kill(PROXY_CONTAINER))


def _pause_the_proxy(scene: Scene) -> None:
    scene.move_to("web")

    def pause() -> None:
        proxy = scene.host.daemon.get(PROXY_CONTAINER)
        proxy.pause()
        scene.undo.callback(_wake, proxy)

    scene.at(Operation.PROXY_DEPLOY, pause)


def _wake(container: Container) -> None:
    if container.state.paused:
        container.unpause()


def _skew_the_clock(scene: Scene) -> None:
    ahead_s = scene.dice.uniform(-MOST_SKEW_S, MOST_SKEW_S)
    scene.at(Operation.SCRIPT, lambda: scene.host.skew_clock(ahead_s))
    scene.undo.callback(scene.host.skew_clock, 0)


def _hold_the_lock(scene: Scene) -> None:
    service, host = scene.fleet.spec.service, scene.fleet.host(scene.fleet.spec.hosts[0])
    remove = partial(shutil.rmtree, host.home / RUN_DIR / f"lock-{service}", ignore_errors=True)
    remove()
    host.hold_lock(service, by="Grace", version="v0")
    scene.struck = True
    scene.undo.callback(remove)


FAULTS: Mapping[str, Callable[[Scene], None]] = {
    "Docker freezes": _freeze,
    "Docker freezes for a while": _freeze_for_a_while,
    "Docker freezes at a start": _freeze_at_a_start,
    "the link is cut": _cut,
    "the disk is full": _fill_the_disk,
    "the registry lacks the image": _withhold_the_image,
    "the registry refuses the login": _refuse_the_login,
    "the app is broken on a host": _break_the_app,
    "the proxy is killed": _kill_the_proxy,
    "the proxy stands still": _pause_the_proxy,
    "a clock is wrong": _skew_the_clock,
    "somebody holds the lock": _hold_the_lock,
}
