"""Docker's filters for lists: how each is matched, and what it refuses."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from backstaff.simulator.containers import Container
from backstaff.simulator.errors import DockerRefusal
from backstaff.simulator.images import Image

Filters = Mapping[str, Sequence[str]]
Resolve = Callable[[str], str | None]

_STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")


def parse(text: str) -> Filters:
    """Reads the query parameter: lists of values, or objects whose keys are the values (older clients)."""
    if not text:
        return {}
    try:
        given = json.loads(text)
        return {name: [str(value) for value in values] for name, values in given.items()}
    except (ValueError, AttributeError, TypeError):
        raise DockerRefusal(400, "invalid filter") from None


def matching_containers(
    containers: Iterable[Container], filters: Filters, image_id: Resolve
) -> list[Container]:
    """Containers that every filter accepts; of several values of one filter one is enough, but for labels."""
    unknown = set(filters) - set(_CONTAINER_FILTERS)
    if unknown:
        raise DockerRefusal(400, f"Invalid filter '{sorted(unknown)[0]}'")
    for state in filters.get("status", ()):
        if state not in _STATES:
            raise DockerRefusal(400, f"Unrecognised filter value for status: {state}")
    filters = dict(filters)
    if "ancestor" in filters:
        filters["ancestor"] = [found for name in filters["ancestor"] if (found := image_id(name))] or [""]
    return [
        container
        for container in containers
        if all(_CONTAINER_FILTERS[name](container, values) for name, values in filters.items() if values)
    ]


def matching_images(images: Iterable[Image], filters: Filters) -> list[Image]:
    """Images that every filter accepts."""
    return [image for image in images if _image_matches(image, filters)]


def has_labels(labels: Mapping[str, str], wanted: Sequence[str]) -> bool:
    """Whether all of `key` or `key=value` are there."""
    for text in wanted:
        key, equals, value = text.partition("=")
        if key not in labels or (equals and labels[key] != value):
            return False
    return True


def _image_matches(image: Image, filters: Filters) -> bool:
    if not has_labels(image.config.labels, filters.get("label", ())):
        return False
    references = filters.get("reference", ())
    if references and not any(_refers(text, tag) for text in references for tag in image.tags):
        return False
    dangling = filters.get("dangling", ())
    return not dangling or (dangling[0] in {"true", "1"}) == (not image.tags)


def _refers(reference: str, tag: str) -> bool:
    return tag == reference or tag.rpartition(":")[0] == reference


def _name_matches(container: Container, patterns: Sequence[str]) -> bool:
    names = (container.name, f"/{container.name}")
    return any(re.search(pattern, name) for pattern in patterns for name in names)


def _health_of(container: Container) -> str:
    return container.health.status if container.health else "none"


_CONTAINER_FILTERS: dict[str, Callable[[Container, Sequence[str]], bool]] = {
    "ancestor": lambda container, values: container.image.id in values,
    "exited": lambda container, values: (
        container.state.status == "exited" and str(container.state.exit_code) in values
    ),
    "health": lambda container, values: _health_of(container) in values,
    "id": lambda container, values: any(container.id.startswith(value) for value in values),
    "label": lambda container, values: has_labels(container.labels, values),
    "name": _name_matches,
    "network": lambda container, values: container.wanted.network in values,
    "status": lambda container, values: container.state.status in values,
}
