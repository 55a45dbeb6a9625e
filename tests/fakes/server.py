"""One server: its containers, images, proxy and files. Connections to it come and go."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import count

from backstaff.clock import Seconds
from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import DockerEvent
from backstaff.kamal.names import NETWORK, PROXY_CONTAINER
from tests.fakes.apps import HEALTHY, App
from tests.fakes.clock import elapsed
from tests.fakes.containers import FakeContainer, wall_now
from tests.fakes.faults import Connecting, Fault
from tests.fakes.proxy import FakeProxy, Service
from tests.fakes.wire import DOWN_S, Engine, Faults, Wire

PROXY_IMAGE = "basecamp/kamal-proxy:v0.9.2"


@dataclass
class FakeImage:
    """One image with its tags as `repository:tag`."""

    id: str
    tags: set[str]
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pull:
    """How pulls go: `steps` reports of progress, one every `step_s`; then silence, an error, or the image."""

    steps: int = 3
    step_s: Seconds = 0.2
    error: str = ""
    goes_silent: bool = False


@dataclass(frozen=True)
class Happening:
    """What happened to a container, `at` simulated seconds after the start: `created`, `asked to stop`,
    `asked to pause`, `switched to`, `removed`, or Docker's word for its own events. `was_target` tells
    whether the proxy sent it traffic right then, `alone` whether no other container of its role ran on.

    One that was ending already when the history began counts as running until it has ended: Docker shows
    nobody that it was told to, as when a frozen Docker carries out an earlier run's stop late."""

    at: Seconds
    what: str
    container: FakeContainer
    was_target: bool = False
    alone: bool = False


class FakeServer:
    """A machine with a Docker Engine. `apps` are the programs by `role` or `role:version`."""

    def __init__(self, name: str, service: str = "app") -> None:
        self.name = name
        self._numbers = count(1)
        self.service = service
        self.clock_ahead = timedelta()
        """How far its clock is ahead of the real time when it creates a container, or is asked."""
        self.connecting = Connecting.WORKS
        self.engine = Engine(self._docker_begins)
        self.faults = Faults()
        self.apps: dict[str, App] = {}
        self.pulls = Pull()
        self.containers: dict[str, FakeContainer] = {}
        self.images: dict[str, FakeImage] = {}
        self.image_labels: Mapping[str, str] = {"service": service}
        self.networks: set[str] = set()
        self.status_of_ended = 409
        """Docker's for a program in a container that has ended; 500 in the moment of its end."""
        self.files: dict[str, str] = {}
        self.directories: set[str] = set()
        self.lock_turns = 0
        """How often a lock was taken or given back."""
        self.tells_turns = True
        """Whether its scripts can tell that; not every `stat` can."""
        self.history: list[Happening] = []
        self._ending_before: frozenset[str] = frozenset()
        self.wires: list[Wire] = []
        self._ended_by_docker: list[FakeContainer] = []
        self.subscribers: list[asyncio.Queue[DockerEvent | None]] = []
        self.proxy = FakeProxy(self.find, self._proxy_says, self._switched)

    def goes_wrong(self, *faults: Fault) -> None:
        """Add faults."""
        self.faults.all += faults

    def runs_proxy(self) -> None:
        """The proxy runs already."""
        self.networks.add(NETWORK)
        self.add_image(PROXY_IMAGE, {})
        self.create(PROXY_CONTAINER, PROXY_IMAGE, {}, HEALTHY).start()

    def add_image(self, tag: str, labels: Mapping[str, str] | None = None) -> FakeImage:
        """An image is there, under a tag of its own."""
        known = self.image(tag)
        if known is not None:
            return known
        image = FakeImage(f"sha256:{_digest(tag)}", {tag}, self.image_labels if labels is None else labels)
        self.images[image.id] = image
        return image

    def image(self, name: str) -> FakeImage | None:
        """An image by id or tag."""
        tagged = (each for each in self.images.values() if name in each.tags)
        return self.images.get(name) or next(tagged, None)

    def tag(self, name: str, new: str) -> None:
        """One more tag, which leaves the image that had it."""
        image = self.image(name)
        if image is None:
            raise DockerFailed(f"No such image: {name}", status=404, where=self.name)
        for other in self.images.values():
            other.tags.discard(new)
        image.tags.add(new)

    def create(self, name: str, image: str, labels: Mapping[str, str], app: App) -> FakeContainer:
        """A new container. Raises `DockerFailed` if the image is not there or the name is taken."""
        found = self.image(image)
        if found is None:
            raise DockerFailed(f"No such image: {image}", status=404, where=self.name)
        taken = self.find(name)
        if taken is not None:
            text = f'Conflict. The container name "/{name}" is already in use by container "{taken.id}".'
            raise DockerFailed(text, status=409, where=self.name)
        container = FakeContainer(
            id=_digest(f"{self.name}/{next(self._numbers)}"),
            name=name,
            image=image,
            image_id=found.id,
            labels={**found.labels, **labels},
            app=app,
            tell=self._tell,
            created_at=wall_now() + self.clock_ahead,
        )
        self.containers[container.id] = container
        self._happened("created", container)
        return container

    def route(self, service: str, container: FakeContainer) -> None:
        """The proxy sends a service's traffic to a container."""
        self.proxy.services[service] = Service(service, "app.example.com", f"{container.id[:12]}:80")

    def app_of(self, role: str, version: str) -> App:
        """The program of a role's containers of one version."""
        return self.apps.get(f"{role}:{version}") or self.apps.get(role) or HEALTHY

    def find(self, reference: str) -> FakeContainer | None:
        """A container by id, the start of its id, or exact name."""
        for container in self.containers.values():
            if container.name == reference or (len(reference) >= 12 and container.id.startswith(reference)):
                return container
        return None

    def get(self, reference: str) -> FakeContainer:
        """The same, but `DockerFailed` if there is none."""
        container = self.find(reference)
        if container is None:
            raise DockerFailed(f"No such container: {reference}", status=404, where=self.name)
        return container

    def of_role(self, role: str) -> list[FakeContainer]:
        """All containers of a role, oldest first."""
        return [each for each in self.containers.values() if each.role == role]

    def running(self, role: str) -> list[FakeContainer]:
        """Those that run."""
        return [each for each in self.of_role(role) if each.running]

    def stop(self, reference: str, grace_s: int | None, done: Callable[[], None]) -> None:
        """Ask a container to end."""
        container = self.get(reference)
        if container.running:
            self._happened("asked to stop", container)
        elif container.paused:
            container.unpause()
            self._happened("asked to stop", container)
        container.asked_to_stop = True
        container.stop(grace_s, done)

    def kill(self, reference: str) -> None:
        """End a container at once; one that does not run is no error."""
        container = self.get(reference)
        if container.up:
            self._happened("asked to stop", container)
        container.asked_to_stop = True
        container.kill()

    def pause(self, reference: str) -> None:
        """Freeze a container."""
        container = self.get(reference)
        if container.running:
            self._happened("asked to pause", container)
        container.pause()

    def unpause(self, reference: str) -> None:
        """Let a container go on; one that is not frozen, or gone, is no error."""
        container = self.find(reference)
        if container is not None:
            container.unpause()

    def remove(self, reference: str) -> None:
        """Remove a stopped container; one that is gone already is no error."""
        container = self.find(reference)
        if container is None:
            return
        if container.running or container.paused:
            text = f"You cannot remove a {container.state} container {container.id}"
            raise DockerFailed(text, status=409, where=self.name)
        self._happened("removed", container)
        del self.containers[container.id]
        self._tell(container, "destroy")

    def lose_connections(self, reason: str = "connection reset by peer") -> None:
        """Cut every connection to it."""
        for wire in self.wires:
            wire.lose(reason)

    def stop_docker(self, takes_s: Seconds = 1.0) -> None:
        """Shut Docker down: it takes no connections any more, ends its containers, and is gone in the end."""
        self.engine.closing = True
        self._ended_by_docker = [each for each in self.containers.values() if each.up]
        for container in self._ended_by_docker:
            container.stop(None, lambda: None)
        self.proxy.ends()
        asyncio.get_running_loop().call_later(takes_s, self.engine.end)

    def kill_docker(self) -> None:
        """End the Docker daemon alone: containers go on until it begins again."""
        self.engine.end()

    def start_docker(self) -> None:
        """Start Docker, and the containers that it has to."""
        self.engine.begin()

    def restart_docker(self) -> None:
        """Shut Docker down, and start it a moment later."""
        self.stop_docker()
        asyncio.get_running_loop().call_later(1.0 + DOWN_S, self.start_docker)

    def begin_history(self) -> None:
        """Forget what has happened so far."""
        self.history.clear()
        self._ending_before = frozenset(each.id for each in self.containers.values() if each.stopping)

    def _docker_begins(self) -> None:
        ended, self._ended_by_docker = self._ended_by_docker, []
        for container in self.containers.values():
            if container in ended or container.up:
                container.start_with_docker()

    def _tell(self, container: FakeContainer, action: str) -> None:
        self.history.append(Happening(elapsed(), action, container))
        if self.engine.frozen:
            return
        attributes = {"name": container.name, **container.labels}
        event = DockerEvent(action, container.id, container.name, wall_now(), attributes)
        for subscriber in self.subscribers:
            subscriber.put_nowait(event)

    def _happened(self, what: str, container: FakeContainer) -> None:
        target = any(each.container == container.id[:12] for each in self.proxy.services.values())
        others = [
            each
            for each in self.running(container.role)
            if each is not container and (not each.stopping or each.id in self._ending_before)
        ]
        self.history.append(Happening(elapsed(), what, container, was_target=target, alone=not others))

    def _switched(self, service: Service) -> None:
        self._happened("switched to", self.get(service.container))

    def _proxy_says(self, text: str) -> None:
        proxy = self.find(PROXY_CONTAINER)
        if proxy is not None and proxy.running:
            proxy.say(text)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
