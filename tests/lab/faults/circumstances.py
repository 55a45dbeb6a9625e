"""What makes a phase last long enough for a fault to strike in it."""

import base64
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tests.lab import Lab, LabHost
from tests.lab.deploys.project import SITE
from tests.lab.faults.phases import Circumstance
from tests.lab.load import Load

REGISTRY = "registry"
_HOLDER = "Locked by: Grace at 2026-11-23T07:00:00Z\nVersion: v0\nMessage: Automatic deploy lock"
_LONG_REQUESTS = ("/sleep?ms=1500", "/sleep?ms=1900")

Over = Callable[[], None]


@contextmanager
def made(
    circumstance: Circumstance, lab: Lab, host: LabHost, old_container: str
) -> Iterator[tuple[Over, list[Load]]]:
    """The circumstance, until the body ends or calls what it is given; and the load that belongs to it."""
    with ExitStack() as until_then:
        loads: list[Load] = []
        match circumstance:
            case Circumstance.STALLED_REGISTRY:
                lab.hub.sandbox.signal(REGISTRY, signal.SIGSTOP)
                until_then.callback(lab.hub.sandbox.signal, REGISTRY, signal.SIGCONT)
            case Circumstance.FOREIGN_LOCK:
                until_then.callback(_foreign_lock(host))
            case Circumstance.STOPPED_PROXY:
                host.docker("stop", "--time=0", "kamal-proxy")
            case Circumstance.LONG_REQUESTS:
                for path in _LONG_REQUESTS:
                    load = Load(host.address, SITE, path=path, clients=1)
                    loads.append(until_then.enter_context(load))
            case Circumstance.SLOW_TO_STOP:
                asking = ("wget", "-q", "-O", "/dev/null", "http://127.0.0.1/sleep?ms=60000")
                host.docker("exec", "--detach", old_container, *asking)
            case Circumstance.FAR_AWAY | Circumstance.NONE:
                pass
        yield (lambda: None) if loads else until_then.close, loads


def _foreign_lock(host: LabHost) -> Over:
    """The lock as Kamal makes it, held by somebody else; what gives it back."""
    lock = host.home / ".kamal/lock-app"
    details = lock / "details"
    lock.mkdir(parents=True)
    details.write_bytes(base64.encodebytes(_HOLDER.encode()) + b"\n")

    def give_back() -> None:
        if details.exists() and base64.decodebytes(details.read_bytes()).decode() == _HOLDER:
            details.unlink()
            lock.rmdir()

    return give_back
