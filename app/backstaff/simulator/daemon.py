"""The Docker Engine of one simulated host: its containers, images and networks, and what it refuses."""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from backstaff.simulator.containers import Container
from backstaff.simulator.errors import DockerRefusal, NotModified, no_such_container
from backstaff.simulator.execs import Execs
from backstaff.simulator.filters import Filters, matching_containers
from backstaff.simulator.image_store import Credentials, ImageStore, pull_messages
from backstaff.simulator.images import Registry
from backstaff.simulator.machine import Machine
from backstaff.simulator.process import Neighbour
from backstaff.simulator.wanted import Wanted

VERSION, API_VERSION, MIN_API_VERSION = "20.10.24", "1.41", "1.12"
_OWN_NETWORKS = ("bridge", "host", "none")


class Daemon:
    """What the command line and the Engine API of a host both act on."""

    def __init__(self, make_machine: Callable[["Daemon"], Machine], registry: Registry) -> None:
        self.machine = make_machine(self)
        self.images = ImageStore(self.machine, registry, self._users)
        self.containers: dict[str, Container] = {}
        self.execs = Execs()
        self.networks: dict[str, str] = {name: secrets.token_hex(32) for name in _OWN_NETWORKS}

    def find(self, name: str) -> Container | None:
        """By id, by exact name, or by the beginning of the id, as Docker looks."""
        name = name.removeprefix("/")
        if name in self.containers:
            return self.containers[name]
        for container in self.containers.values():
            if container.name == name:
                return container
        found = [each for each in self.containers.values() if name and each.id.startswith(name)]
        return found[0] if len(found) == 1 else None

    def get(self, name: str) -> Container:
        """The same, or Docker's refusal."""
        container = self.find(name)
        if container is None:
            raise no_such_container(name)
        return container

    def for_exec(self, name: str) -> Container:
        """The same, if programs can be started in it."""
        container = self.get(name)
        if not container.state.running:
            raise DockerRefusal(409, f"Container {container.id} is not running")
        if container.state.paused:
            raise DockerRefusal(409, f"Container {name} is paused, unpause the container before exec")
        return container

    def listed(self, filters: Filters) -> list[Container]:
        """All containers that the filters accept, newest first."""
        newest = sorted(self.containers.values(), key=lambda each: each.created_at, reverse=True)
        return matching_containers(newest, filters, self._image_id)

    def create(self, wanted: Wanted) -> Container:
        """Create a container from an image that is here."""
        image = self.images.get(wanted.image)
        name = wanted.name or f"quiet_{secrets.token_hex(4)}"
        self._refuse_taken(name)
        container = Container(self.machine, replace(wanted, name=name), image)
        self.containers[container.id] = container
        container.create_event()
        return container

    def start(self, name: str) -> None:
        """Start a container."""
        container = self.get(name)
        network = container.wanted.network
        if network not in self.networks:
            raise DockerRefusal(404, f"network {network} not found")
        container.start()
        if container.wanted.auto_remove:
            self.machine.spawn(self._remove_at_end(container))

    async def kill(self, name: str) -> None:
        """End a container at once."""
        container = self.find(name)
        if container is None:
            raise DockerRefusal(404, f"Cannot kill container: {name}: {no_such_container(name).message}")
        await container.kill()

    def rename(self, name: str, new: str) -> None:
        """Give a container another name."""
        container = self.get(name)
        new = new.removeprefix("/")
        if not new:
            raise DockerRefusal(400, "Neither old nor new names may be empty")
        if container.name == new:
            raise DockerRefusal(400, "Renaming a container with the same name as its current name")
        self._refuse_taken(new, f"Error when allocating new name: {_conflict()}")
        container.rename(new)

    async def remove(self, name: str, *, force: bool = False) -> None:
        """Remove a container."""
        container = self.get(name)
        if container.active and not force:
            state = container.state.status
            first = "Unpause and then stop" if container.state.paused else "Stop"
            raise DockerRefusal(
                409,
                f"You cannot remove a {state} container {container.id}. {first} the container before "
                "attempting removal or force remove",
            )
        if container.active:
            with suppress(DockerRefusal):
                await container.kill()
        if self.containers.pop(container.id, None) is not None:
            container.destroy_event()

    async def pull(
        self,
        name: str,
        credentials: Credentials,
        tell: Callable[[Mapping[str, object]], object] | None = None,
    ) -> None:
        """Pull an image. Raises `RegistryRefusal`; `tell` takes each message."""
        published = self.images.wanted(name, credentials)
        new = all(image.id != published.id for image in self.images)
        for pause, message in pull_messages(name, published, new=new):
            if pause:
                await self.machine.clock.sleep(pause)
            if tell is not None:
                tell(message)
        self.images.add(name, published)

    def create_network(self, name: str) -> str:
        """Make a bridge network; its id."""
        if name in self.networks:
            raise DockerRefusal(409, f"network with name {name} already exists")
        self.networks[name] = secrets.token_hex(32)
        self.machine.events.tell("network", "create", self.networks[name], {"name": name, "type": "bridge"})
        return self.networks[name]

    def network(self, name: str) -> tuple[str, str]:
        """Name and id of a network."""
        for known, id_ in self.networks.items():
            if name in {known, id_}:
                return known, id_
        raise DockerRefusal(404, f"network {name} not found")

    def neighbour(self, network: str, name: str) -> Neighbour | None:
        """A running container of a network, by name or id."""
        container = self.find(name)
        inside = container.inside if container is not None else None
        if container is None or inside is None or container.wanted.network != network:
            return None
        return Neighbour(container.address, inside.get)

    async def _remove_at_end(self, container: Container) -> None:
        await container.wait()
        with suppress(DockerRefusal, NotModified):
            await self.remove(container.id)

    def _refuse_taken(self, name: str, pattern: str = "") -> None:
        taken = next((each for each in self.containers.values() if each.name == name), None)
        if taken is not None:
            raise DockerRefusal(409, (pattern or _conflict()).format(name=name, id=taken.id))

    def _users(self, image_id: str) -> Mapping[str, bool]:
        return {each.id: each.active for each in self.containers.values() if each.image.id == image_id}

    def _image_id(self, name: str) -> str | None:
        image = self.images.find(name)
        return image.id if image else None


def _conflict() -> str:
    return (
        'Conflict. The container name "/{name}" is already in use by container "{id}". You have to remove '
        "(or rename) that container to be able to reuse that name."
    )
