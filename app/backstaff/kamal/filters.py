"""The filters that find a role's containers, as data: for queries, for decisions and for explanations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from backstaff.config.models import Config
from backstaff.kamal.names import container_prefix, latest_image, version_of

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
    """One filter: `kind` (and, for labels, `key`) must have one of `accepted`.

    For images `accepted` are ids; `shown` is what an operator knows them by.
    """

    kind: FilterKind
    accepted: tuple[str, ...]
    key: str = ""
    shown: str = ""

    def __str__(self) -> str:
        match self.kind:
            case FilterKind.LABEL:
                return f"label={self.key}={self.accepted[0]}"
            case FilterKind.STATUS:
                return f"status {'|'.join(self.accepted)}"
            case FilterKind.IMAGE:
                return f"image {self.shown}"

    def accepts(self, container: ContainerView) -> bool:
        """Whether the container stays. A label that is missing is not the same as an empty one."""
        match self.kind:
            case FilterKind.LABEL:
                return container.labels.get(self.key) in self.accepted
            case FilterKind.STATUS:
                return container.state in self.accepted
            case FilterKind.IMAGE:
                return container.image_id in self.accepted

    def seen_in(self, container: ContainerView) -> str:
        """The value that this filter looked at, such as `destination=staging` or `no role label`."""
        match self.kind:
            case FilterKind.LABEL:
                value = container.labels.get(self.key)
                return f"no {self.key} label" if value is None else f"{self.key}={value}"
            case FilterKind.STATUS:
                return str(container.state)
            case FilterKind.IMAGE:
                return f"image {container.image}"


def label_values(config: Config, role: str | None = None) -> dict[str, str]:
    """Labels of the containers of the service and destination, or of one role of it, in query order."""
    labels = {"service": config.service, "destination": config.destination or ""}
    return labels if role is None else {**labels, "role": role}


def label_filters(config: Config, role: str | None = None) -> tuple[ContainerFilter, ...]:
    """The label filters, in the order in which Kamal gives them to Docker."""
    labels = label_values(config, role)
    return tuple(ContainerFilter(FilterKind.LABEL, (value,), key) for key, value in labels.items())


def filter_arguments(config: Config, role: str | None = None) -> list[str]:
    """The label filters as arguments of `docker ps`."""
    return [part for each in label_filters(config, role) for part in ("--filter", str(each))]


def status_filter() -> ContainerFilter:
    """Leaves the containers that work or try to."""
    return ContainerFilter(FilterKind.STATUS, ACTIVE_STATES)


def image_filter(config: Config, latest_image_id: str) -> ContainerFilter:
    """Leaves the containers of the image that carries the destination's latest tag."""
    return ContainerFilter(FilterKind.IMAGE, (latest_image_id,), shown=latest_image(config))


def funnel_filters(
    config: Config, role: str, latest_image_id: str | None = None
) -> tuple[ContainerFilter, ...]:
    """All filters that lead to a role's current container, in order; the image's only where it is known."""
    filters = (*label_filters(config, role), status_filter())
    return filters if not latest_image_id else (*filters, image_filter(config, latest_image_id))


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
    of_latest = kept((image_filter(config, latest_image_id),), active) if latest_image_id else []
    return max(of_latest or active, key=lambda each: each.created, default=None)


def up_containers(config: Config, role: str, containers: Sequence[View]) -> list[View]:
    """All containers of a role that `docker ps` shows without `--all`."""
    return [each for each in kept(label_filters(config, role), containers) if each.state in UP_STATES]


def stale_containers(
    config: Config, role: str, containers: Sequence[View], latest_image_id: str | None = None
) -> list[View]:
    """Running containers of a role beside its current one: what an interrupted deploy leaves behind."""
    current = current_container(config, role, containers, latest_image_id)
    return [each for each in up_containers(config, role, containers) if each is not current]


def running_versions(config: Config, role: str, containers: Sequence[View]) -> list[str]:
    """Versions of a role that run, in the order of `containers`."""
    prefix = container_prefix(config, role)
    return [version_of(each.name, prefix) for each in up_containers(config, role, containers)]
