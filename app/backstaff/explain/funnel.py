"""The filter funnel: which of a host's containers each filter keeps, and which value drops the others."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backstaff.events.facts import ContainerFacts, Dropped, FilterRow, Funnel

RUNNING_STATES = ("running", "restarting")

_UNITS = {
    "second": "s",
    "seconds": "s",
    "minute": "min",
    "minutes": "min",
    "hour": "h",
    "hours": "h",
}

_AGE = re.compile(r" (?:less than )?\d+ \w+ ago$")


@dataclass(frozen=True)
class Filter:
    """One filter: its text for people, what it keeps, and the value of a container that it looks at."""

    text: str
    keeps: Callable[[ContainerFacts], bool]
    value: Callable[[ContainerFacts], str]


def label_filter(key: str, value: str) -> Filter:
    """Docker's `label=KEY=VALUE`. With an empty value the label must be there and empty."""
    return Filter(
        f"label={key}={value}",
        lambda container: container.labels.get(key) == value,
        lambda container: f"{key}={container.labels[key]}" if key in container.labels else f"no label {key}",
    )


def status_filter(*states: str) -> Filter:
    """One of several states, `running` and `restarting` unless others are given."""
    wanted = states or RUNNING_STATES
    return Filter(f"status {'|'.join(wanted)}", lambda container: container.state in wanted, container_status)


def image_filter(image: str) -> Filter:
    """Created from this image (Docker's `ancestor`, by name or id)."""
    return Filter(
        f"ancestor={image}", lambda container: container.image == image, lambda container: container.image
    )


def name_filter(name: str) -> Filter:
    """Exactly this name."""
    return Filter(
        f"name={name}", lambda container: container.name == name, lambda container: f"name={container.name}"
    )


def role_filters(service: str, destination: str, role: str) -> tuple[Filter, ...]:
    """The filters that find a role's current container, in the order in which Kamal applies them."""
    return (
        label_filter("service", service),
        label_filter("destination", destination),
        label_filter("role", role),
        status_filter(),
    )


def build_funnel(
    host: str, role: str, candidates: Sequence[ContainerFacts], filters: Sequence[Filter]
) -> Funnel:
    """Apply `filters` one after the other to all containers of a host."""
    left = list(candidates)
    rows: list[FilterRow] = []
    for each in filters:
        kept = [container for container in left if each.keeps(container)]
        dropped = tuple(
            Dropped(container=container.name, value=each.value(container))
            for container in left
            if not each.keeps(container)
        )
        rows.append(FilterRow(filter=each.text, matched=len(kept), dropped=dropped))
        left = kept
    return Funnel(
        host=host,
        role=role,
        candidates=len(candidates),
        rows=tuple(rows),
        found=tuple(container.name for container in left),
    )


def ageless(funnel: Funnel) -> Funnel:
    """The funnel without `8 s ago` and the like, which was true when it was seen and grows old since."""
    rows = tuple(
        row.model_copy(
            update={
                "dropped": tuple(
                    each.model_copy(update={"value": _AGE.sub("", each.value)}) for each in row.dropped
                )
            }
        )
        for row in funnel.rows
    )
    return funnel.model_copy(update={"rows": rows})


def blocking_filter(funnel: Funnel) -> FilterRow | None:
    """The first filter that leaves nothing, None if a container passes them all."""
    return next((row for row in funnel.rows if row.matched == 0), None)


def container_status(container: ContainerFacts) -> str:
    """A container's state in Docker's words, shortened: `exited (1) 8 s ago`, `running`."""
    if container.status and container.state != "running":
        text = re.sub(r"\b(?:About )?an? (second|minute|hour)\b", r"1 \1", container.status)
        text = re.sub(r"(\d+) (\w+)", lambda m: f"{m[1]} {_UNITS.get(m[2], m[2])}", text)
        return text.lower()
    if container.state in {"exited", "dead"} and container.exit_code is not None:
        return f"{container.state} ({container.exit_code})"
    return container.state
