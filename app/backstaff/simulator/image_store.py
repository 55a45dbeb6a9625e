"""The images of one host."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from backstaff.simulator.errors import DockerRefusal, no_such_image
from backstaff.simulator.filters import Filters, matching_images
from backstaff.simulator.images import Image, Published, Registry, with_tag
from backstaff.simulator.machine import Machine

_CHUNKS = 5


@dataclass(frozen=True)
class Credentials:
    """The login of one pull, empty without."""

    username: str = ""
    password: str = ""


class ImageStore:
    """Pulls, tags and removes. `users` are the ids of containers by the image they were created from."""

    def __init__(
        self, machine: Machine, registry: Registry, users: Callable[[str], Mapping[str, bool]]
    ) -> None:
        self._machine = machine
        self._registry = registry
        self._users = users
        self._images: dict[str, Image] = {}
        self.withheld: set[str] = set()
        """Names that this host can not pull, although others can."""

    def __iter__(self) -> Iterator[Image]:
        return iter(self._images.values())

    def find(self, name: str) -> Image | None:
        """By tag or by the beginning of its id."""
        tag = with_tag(name)
        digits = name.removeprefix("sha256:")
        for image in self._images.values():
            if tag in image.tags or (len(digits) >= 4 and image.id.startswith(f"sha256:{digits}")):
                return image
        return None

    def get(self, name: str) -> Image:
        """The same, or Docker's refusal."""
        image = self.find(name)
        if image is None:
            raise no_such_image(with_tag(name))
        return image

    def wanted(self, name: str, credentials: Credentials) -> Published:
        """What the registry has under a name. Raises `RegistryRefusal`."""
        if with_tag(name) in self.withheld:
            return Registry().find(name, "", "")
        return self._registry.find(name, credentials.username, credentials.password)

    def add(self, name: str, published: Published) -> bool:
        """Keep a pulled image under its name; whether it is new here."""
        new = published.id not in self._images
        if new:
            created = self._machine.clock.wall()
            self._images[published.id] = Image(published.id, published.config, created)
        self._move_tag(self._images[published.id], with_tag(name))
        self._tell("pull", with_tag(name), with_tag(name))
        return new

    def tag(self, name: str, tag: str) -> None:
        """Give an image one more name, which another may lose by that."""
        image = self.get(name)
        self._move_tag(image, with_tag(tag))
        self._tell("tag", image.id, with_tag(tag))

    def remove(self, name: str, *, force: bool = False) -> list[dict[str, str]]:
        """Remove a name, and the image with its last one. Refused while a container has it."""
        image = self.find(name)
        if image is None:
            raise no_such_image(with_tag(name))
        tag = with_tag(name)
        by_id = tag not in image.tags
        if not by_id and len(image.tags) > 1:
            return [self._untag(image, tag)]
        if by_id and len(image.tags) > 1 and not force:
            raise DockerRefusal(
                409,
                f"conflict: unable to delete {image.short_id} (must be forced) - image is referenced in "
                "multiple repositories",
            )
        self._refuse_if_used(image, name if by_id else tag, by_id=by_id, force=force)
        gone = [self._untag(image, each) for each in sorted(image.tags)]
        return gone if self._users(image.id) else [*gone, self._delete(image)]

    def prune(self, filters: Filters) -> list[dict[str, str]]:
        """Remove images that no container has: untagged ones, or all with `dangling=false`."""
        only_dangling = filters.get("dangling", ("true",))[0] in {"true", "1"}
        rest = {name: values for name, values in filters.items() if name != "dangling"}
        doomed = [
            image
            for image in matching_images(self, rest)
            if not self._users(image.id) and not (only_dangling and image.tags)
        ]
        gone: list[dict[str, str]] = []
        for image in doomed:
            gone += [self._untag(image, tag) for tag in sorted(image.tags)]
            gone.append(self._delete(image))
        return gone

    def _move_tag(self, image: Image, tag: str) -> None:
        for other in self._images.values():
            other.tags.discard(tag)
        image.tags.add(tag)

    def _untag(self, image: Image, tag: str) -> dict[str, str]:
        image.tags.discard(tag)
        self._tell("untag", image.id, image.id)
        return {"Untagged": tag}

    def _delete(self, image: Image) -> dict[str, str]:
        del self._images[image.id]
        self._tell("delete", image.id, image.id)
        return {"Deleted": image.id}

    def _refuse_if_used(self, image: Image, name: str, *, by_id: bool, force: bool) -> None:
        for container, running in self._users(image.id).items():
            short = container[:12]
            if running and (by_id or not force):
                how = "cannot be forced" if by_id else "must force"
                shown = image.short_id if by_id else f'repository reference "{name}"'
                verb = "delete" if by_id else "remove"
                using = (
                    f"image is being used by running container {short}"
                    if by_id
                    else f"container {short} is using its referenced image {image.short_id}"
                )
                raise DockerRefusal(409, f"conflict: unable to {verb} {shown} ({how}) - {using}")
            if not running and not force:
                raise DockerRefusal(
                    409,
                    f'conflict: unable to remove repository reference "{name}" (must force) - container '
                    f"{short} is using its referenced image {image.short_id}",
                )

    def _tell(self, action: str, id: str, name: str) -> None:  # noqa: A002
        self._machine.events.tell("image", action, id, {"name": name})


def pull_messages(name: str, published: Published, *, new: bool) -> Iterator[tuple[float, dict[str, object]]]:
    """What Docker tells while it pulls: seconds to let pass, then the message."""
    repository, _, tag = with_tag(name).rpartition(":")
    yield 0.0, {"status": f"Pulling from {repository.partition('/')[2] or repository}", "id": tag}
    if not new:
        yield 0.0, {"status": f"Status: Image is up to date for {with_tag(name)}"}
        return
    step = published.config.pull_s / (_CHUNKS * max(1, len(published.layers)))
    for layer in published.layers:
        yield 0.0, {"status": "Pulling fs layer", "progressDetail": {}, "id": layer}
    for layer, size in zip(published.layers, published.config.layer_sizes, strict=True):
        for chunk in range(1, _CHUNKS + 1):
            detail = {"current": size * chunk // _CHUNKS, "total": size}
            yield step, {"status": "Downloading", "progressDetail": detail, "id": layer}
        for status in ("Verifying Checksum", "Download complete"):
            yield 0.0, {"status": status, "progressDetail": {}, "id": layer}
    for layer, size in zip(published.layers, published.config.layer_sizes, strict=True):
        detail = {"current": size, "total": size}
        yield 0.0, {"status": "Extracting", "progressDetail": detail, "id": layer}
        yield 0.0, {"status": "Pull complete", "progressDetail": {}, "id": layer}
    yield 0.0, {"status": f"Digest: {published.id}"}
    yield 0.0, {"status": f"Status: Downloaded newer image for {with_tag(name)}"}
