"""How the image is built."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DEFAULT_DRIVER = "docker-container"


class CacheType(StrEnum):
    """Where build layers are cached."""

    GITHUB_ACTIONS = "gha"
    REGISTRY = "registry"


@dataclass(frozen=True)
class BuildCache:
    """The `builder/cache` section; `image` None stands for `IMAGE-build-cache`."""

    type: CacheType
    options: str | None = None
    image: str | None = None


@dataclass(frozen=True)
class Buildpacks:
    """Building with `pack` instead of a Dockerfile."""

    builder: str
    buildpacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Builder:
    """The `builder` section. `context` None builds from a clean git clone where there is a repository.

    A build argument of None is passed by name only. `provenance` and `sbom` are Docker's flag values.
    """

    arches: tuple[str, ...]
    driver: str = DEFAULT_DRIVER
    remote: str | None = None
    local: bool = True
    context: str | None = None
    dockerfile: str = "Dockerfile"
    target: str | None = None
    args: Mapping[str, str | None] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    ssh: str | None = None
    provenance: str | None = None
    sbom: str | None = None
    cache: BuildCache | None = None
    pack: Buildpacks | None = None

    @property
    def wants_git_clone(self) -> bool:
        """Whether the build starts from a clean clone, so that uncommitted changes stay out of the image."""
        return self.context is None
