"""Which old containers and images may go. Nothing that runs is ever chosen."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from backstaff.config.models import Config
from backstaff.kamal.filters import ContainerView
from backstaff.kamal.names import latest_image

STOPPED_STATES = ("created", "exited", "dead")

View = TypeVar("View", bound=ContainerView)


class ImageView(Protocol):
    """What pruning looks at in an image."""

    @property
    def tags(self) -> Sequence[str]:
        """Its names as `repository:tag`."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its configuration."""
        ...


@dataclass(frozen=True)
class PruneChoice:
    """Containers and image tags to remove from a host, in this order: tags are freed by containers."""

    containers: tuple[str, ...]
    tags: tuple[str, ...]


def removable_containers(config: Config, containers: Iterable[View], retain: int) -> list[View]:
    """Stopped containers of the destination beyond the newest `retain` of each role; newest first.

    Kamal counts all roles and destinations of a host together, so that on a host with five roles about one
    old version of each survives, and the way back is lost without a word. Containers of other destinations
    are left to the deploys of those, which know their own retention.
    """
    by_role: dict[str, list[View]] = defaultdict(list)
    for container in sorted(containers, key=lambda each: -each.created):
        if container.state in STOPPED_STATES and _is_ours(config, container):
            by_role[container.labels.get("role", "")].append(container)
    return [container for group in by_role.values() for container in group[retain:]]


def removable_tags(
    config: Config, images: Iterable[ImageView], containers: Iterable[ContainerView], keep: Iterable[str] = ()
) -> list[str]:
    """Tags of the service's images that no container of `containers` was created from.

    Spared are `keep` and the latest tags of all destinations, not of this one alone: the others still
    need theirs. Names are compared whole. `containers` are those that remain after pruning, running or not.
    """
    used = {container.image for container in containers} | set(keep)
    tags = (tag for image in images if image.labels.get("service") == config.service for tag in image.tags)
    return [tag for tag in tags if tag not in used and not _is_latest(tag) and not _names_nothing(tag)]


def choose(
    config: Config, containers: Sequence[ContainerView], images: Iterable[ImageView], keep: Iterable[str] = ()
) -> PruneChoice:
    """What to remove from a host with these containers and images of the service."""
    doomed = removable_containers(config, containers, config.retain_containers)
    names = {container.name for container in doomed}
    remaining = [container for container in containers if container.name not in names]
    tags = removable_tags(config, images, remaining, keep)
    return PruneChoice(tuple(container.name for container in doomed), tuple(tags))


def any_untagged(config: Config, images: Iterable[ImageView], choice: PruneChoice) -> bool:
    """Whether images may be left without a tag once the latest tag has moved on, which may go on while the
    choice is carried out: `images` are as they were before. An image whose last tag is chosen goes too."""
    going = {latest_image(config), *choice.tags}
    for image in images:
        tags = {tag for tag in image.tags if not _names_nothing(tag)}
        chosen_alone = bool(tags) and tags <= set(choice.tags)
        if not chosen_alone and tags <= going:
            return True
    return False


def _is_ours(config: Config, container: ContainerView) -> bool:
    labels = container.labels
    return labels.get("service") == config.service and labels.get("destination", "") == (
        config.destination or ""
    )


def _names_nothing(tag: str) -> bool:
    return tag.endswith(":<none>")


def _is_latest(tag: str) -> bool:
    name = tag.rpartition(":")[2]
    return name == "latest" or name.startswith("latest-")
