"""`docker ps` and `docker image ls`: options, filters and the simple fields of `--format`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backstaff.simulator.answers import status_text
from backstaff.simulator.containers import Container
from backstaff.simulator.daemon import Daemon
from backstaff.simulator.filters import matching_images
from backstaff.simulator.images import Image

_FIELD = re.compile(r"\{\{\s*\.(\w+)\s*\}\}")


@dataclass
class _Options:
    on: set[str] = field(default_factory=set)
    format: str = ""
    filters: dict[str, list[str]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)


def container_lines(daemon: Daemon, words: Sequence[str]) -> Iterator[str]:
    """The lines of `docker ps`, without its heading."""
    options = _read(words)
    found = daemon.listed(options.filters)
    if not options.on & {"all", "latest"} and "status" not in options.filters:
        found = [container for container in found if container.active]
    now = daemon.machine.stamps.next()
    for container in found[:1] if "latest" in options.on else found:
        values = _container_fields(container, now, no_trunc="no-trunc" in options.on)
        yield (
            values["ID"]
            if "quiet" in options.on
            else _formatted(options.format or "{{.ID}} {{.Names}}", values)
        )


def image_lines(daemon: Daemon, words: Sequence[str]) -> Iterator[str]:
    """The lines of `docker image ls`, without its heading."""
    options = _read(words)
    if options.plain:
        options.filters.setdefault("reference", []).append(options.plain[0])
    for image in matching_images(daemon.images, options.filters):
        for values in _image_fields(image):
            shown = options.format or "{{.Repository}}:{{.Tag}} {{.ID}}"
            yield values["ID"] if "quiet" in options.on else _formatted(shown, values)


def _read(words: Sequence[str]) -> _Options:
    options = _Options()
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            options.plain.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        spelled = [name] if word.startswith("--") else [_SHORT.get(letter, letter) for letter in name]
        for each in spelled:
            if each in _SWITCHES:
                options.on.add(each)
            else:
                _take_value(options, each, value if equals else next(rest, ""))
    return options


_SWITCHES = frozenset({"all", "quiet", "latest", "no-trunc"})
_SHORT = {"a": "all", "q": "quiet", "l": "latest", "f": "filter"}


def _take_value(options: _Options, name: str, value: str) -> None:
    if name == "format":
        options.format = value
    elif name == "filter":
        key, _, wanted = value.partition("=")
        options.filters.setdefault(key, []).append(wanted)


def _container_fields(container: Container, now: int, *, no_trunc: bool) -> Mapping[str, str]:
    return {
        "ID": container.id if no_trunc else container.short_id,
        "Names": container.name,
        "Image": container.wanted.image,
        "State": container.state.status,
        "Status": status_text(container, now),
    }


def _image_fields(image: Image) -> Iterator[Mapping[str, str]]:
    for name in sorted(image.tags) or ["<none>:<none>"]:
        repository, _, tag = name.rpartition(":")
        yield {"ID": image.short_id, "Repository": repository, "Tag": tag}


def _formatted(template: str, values: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda found: values.get(found[1], ""), template)
