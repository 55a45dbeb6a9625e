"""What a fault does at the moment it strikes."""

import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from tests.lab import Lab, LabHost
from tests.lab.deploys.project import Running
from tests.lab.faults.terminal import InTerminal
from tests.lab.waiting import wait_until

WHILE_S = 5.0
"""How long a link is cut that comes back."""

STALL_S = 2.0
"""How much longer a slow registry says nothing."""


@dataclass(frozen=True)
class Target:
    """What there is to strike: the host, the run (None before it has begun), the name of the new version's
    web container."""

    lab: Lab
    host: LabHost
    run: Running | None
    new_container: str


Strike = Callable[[Target], None]


def nothing(_: Target) -> None:
    """The fault is in what is deployed."""


def freeze_docker(target: Target) -> None:
    target.host.freeze_docker()


def restart_docker(target: Target) -> None:
    target.host.restart_docker()


def cut_link(target: Target) -> None:
    target.host.cut_link()


def cut_link_for_a_while(target: Target) -> None:
    """Cut the link and return; it comes back by itself."""
    target.host.cut_link()
    threading.Timer(WHILE_S, target.host.restore_link).start()


def kill_sshd(target: Target) -> None:
    target.host.kill_sshd()


def fill_disk(target: Target) -> None:
    """A disk takes a moment to fill, in which the run would be through with the phase."""
    with ExitStack() as until_full:
        if target.run is not None:
            target.run.send(signal.SIGSTOP)
            until_full.callback(target.run.send, signal.SIGCONT)
        target.host.fill_disk()


def end_registry(target: Target) -> None:
    target.lab.hub.sandbox.signal("registry", signal.SIGKILL)


def let_registry_stall(_: Target) -> None:
    time.sleep(STALL_S)


def kill_proxy(target: Target) -> None:
    """End the proxy's container, as soon as it runs; Docker takes that for a wish and leaves it down."""

    def killed() -> bool:
        return target.host.dockerd.command("kill", "kamal-proxy").returncode == 0

    wait_until(killed, "the end of the proxy")


def crash_app(target: Target) -> None:
    """End the process of the new container, as a bug of its own does; Docker then starts it again."""
    pid = target.host.docker("inspect", "--format={{.State.Pid}}", target.new_container).strip()
    target.host.sh(f"kill -9 {pid}")


def send(number: signal.Signals) -> Strike:
    """Send a signal to the client."""

    def strike(target: Target) -> None:
        assert target.run is not None
        target.run.send(number)

    return strike


def hang_up(target: Target) -> None:
    """Close the client's terminal."""
    assert isinstance(target.run, InTerminal)
    target.run.hang_up()
