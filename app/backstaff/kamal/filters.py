"""The filters that find a role's containers, as data, and the decisions that are made with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from backstaff.config.models import Config

ACTIVE_STATES = ("running", "restarting")
UP_STATES = ("running", "restarting", "paused")


class ContainerView(Protocol):
    """What the filters look at. `created` is in seconds since 1970."""

    @property
    def name(self) -> str:
        """Name without the leading slash."""
        ...

    @property
    def image(self) -> str:
        """The image's name as the container was created with it."""
        ...

    @property
    def image_id(self) -> str:
        """The image's id."""
        ...

    @property
    def state(self) -> str:
        """Docker's word for the state."""
        ...

    @property
    def created(self) -> int:
        """When it was created."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """All labels, those of the image included."""
        ...


View = TypeVar("View", bound=ContainerView)


class FilterKind(StrEnum):
    """What a filter compares."""

    LABEL = "label"
    STATUS = "status"
    IMAGE = "image"


@dataclass(frozen=True)
class ContainerFilter:
    """One filter: `kind` (and, for labels, `key`) must have one of `accepted`; for images these are ids."""

    kind: FilterKind
    accepted: tuple[str, ...]
    key: str = ""

    def accepts(self, container: ContainerView) -> bool:
        """Whether the container stays. A label that is missing is not the same as an empty one."""
        match self.kind:
            case FilterKind.LABEL:
                return container.labels.get(self.key) in self.accepted
            case FilterKind.STATUS:
                return container.state in self.accepted
            case FilterKind.IMAGE:
                return container.image_id in self.accepted


def label_values(config: Config, role: str | None = None) -> dict[str, str]:
    """Labels of the containers of the service and destination, or of one role of it, in query order."""
    labels = {"service": config.service, "destination": config.destination or ""}
    return labels if role is None else {**labels, "role": role}


def misplaced_labels(config: Config, role: str, labels: Mapping[str, str]) -> list[str]:
    """Labels by which a role's container is found, and that this one has otherwise: `destination=staging
    instead of an empty destination`. Docker takes the last of several of one name, wherever it was set."""
    wanted = label_values(config, role)
    return [
        f"{_label(key, labels.get(key))} instead of {_label(key, value)}"
        for key, value in wanted.items()
        if labels.get(key) != value
    ]


def _label(key: str, value: str | None) -> str:
    if value is None:
        return f"no {key} label"
    return f"{key}={value}" if value else f"an empty {key}"


def label_filters(config: Config, role: str | None = None) -> tuple[ContainerFilter, ...]:
    """The label filters, in the order in which Kamal gives them to Docker."""
    labels = label_values(config, role)
    return tuple(ContainerFilter(FilterKind.LABEL, (value,), key) for key, value in labels.items())


def status_filter() -> ContainerFilter:
    """Leaves the containers that work or try to."""
    return ContainerFilter(FilterKind.STATUS, ACTIVE_STATES)


def image_filter(latest_image_id: str) -> ContainerFilter:
    """Leaves the containers of the image that carries the destination's latest tag."""
    return ContainerFilter(FilterKind.IMAGE, (latest_image_id,))


def kept(filters: Iterable[ContainerFilter], containers: Iterable[View]) -> list[View]:
    """The containers that all filters accept, in their order."""
    conditions = tuple(filters)
    return [each for each in containers if all(condition.accepts(each) for condition in conditions)]


def current_container(
    config: Config, role: str, containers: Sequence[View], latest_image_id: str | None = None
) -> View | None:
    """The container that counts as the role's current one on a host, None if nothing runs.

    That is the newest running container of the image tagged latest, else the newest running one.
    """
    active = kept((*label_filters(config, role), status_filter()), containers)
    of_latest = kept((image_filter(latest_image_id),), active) if latest_image_id else []
    return max(of_latest or active, key=lambda each: each.created, default=None)


def up_containers(config: Config, role: str, containers: Sequence[View]) -> list[View]:
    """All containers of a role that `docker ps` shows without `--all`."""
    return [each for each in kept(label_filters(config, role), containers) if each.state in UP_STATES]
