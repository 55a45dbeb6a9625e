"""The local commands that build and push the image. Buildpacks are refused before, by the plan."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backstaff.config.models import BuildCache, Builder, CacheType, Config
from backstaff.errors import BuildFailed
from backstaff.kamal.names import latest_image
from backstaff.kamal.quoting import argumentize, esc

_REDACTED = "[REDACTED]"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")
_READING_OPTIONS = ("url", "url_v2", "token", "scope", "timeout")


LOCAL_REGISTRY_START = (
    "docker start kamal-docker-registry || docker run --detach -p 127.0.0.1:{port}:5000 "
    "--name kamal-docker-registry registry:3"
)
"""Shell line that starts the registry on the operator's machine."""


@dataclass(frozen=True)
class LocalCommand:
    """A command line for the local shell, and the same with build arguments masked, to be shown."""

    line: str
    shown: str


def buildx_commands(
    config: Config, version: str, *, local_arch: str, no_cache: bool = False
) -> list[LocalCommand]:
    """Builds for all architectures and pushes, in one command of Docker's buildx plugin.

    `local_arch` is that of the local Docker (`amd64`, `arm64`). Build secrets are taken from the process's
    environment.
    """
    builder = config.builder
    words = ["docker buildx build --output=type=registry", *argumentize("--platform", [_platforms(builder)])]
    if name := builder_name(config, local_arch):
        words += ["--builder", name]
    words += [*_tags(config, version), *_cache(config)]
    after = [*_secrets(builder), *_what(builder)]
    for flag, value in (("--provenance", builder.provenance), ("--sbom", builder.sbom)):
        after += [flag, value] if value is not None else []
    return [_command(config, words, after, no_cache=no_cache)]


def plain_commands(
    config: Config, version: str, *, local_arch: str, no_cache: bool = False
) -> list[LocalCommand]:
    """Builds with `docker build` and pushes both tags, for a Docker without buildx.

    Raises BuildFailed when deploy.yml asks for what only buildx can do.
    """
    if reason := needs_buildx(config.builder, local_arch):
        raise BuildFailed(
            f"Docker's buildx plugin is not installed, and {reason}", fix="install the docker-buildx plugin"
        )
    words = ["docker build", *_tags(config, version)]
    build = _command(config, words, _what(config.builder), no_cache=no_cache)
    pushes = (f"docker push {image}" for image in (config.absolute_image(version), latest_image(config)))
    return [build, *(LocalCommand(line, line) for line in pushes)]


def needs_buildx(builder: Builder, local_arch: str) -> str:
    """Why `docker build` is not enough, as the rest of a sentence; empty if it is."""
    if builder.arches != (local_arch,):
        return f"the image is for {', '.join(builder.arches)} while this Docker builds for {local_arch}"
    asked = {
        "a remote builder": builder.remote,
        "a build cache": builder.cache,
        "build secrets": builder.secrets,
        "an SSH agent in the build": builder.ssh,
        "provenance": builder.provenance,
        "an SBOM": builder.sbom,
    }
    wants = [name for name, value in asked.items() if value]
    return f"deploy.yml asks for {', '.join(wants)}" if wants else ""


def no_docker(evidence: Sequence[str] = ()) -> BuildFailed:
    """The error for a Docker on this machine that gives no answer."""
    return BuildFailed(
        "Docker on this machine does not answer",
        evidence=evidence,
        fix="start it, or deploy an image that is in the registry with --skip-push",
    )


def builder_name(config: Config, local_arch: str) -> str:
    """Name of the buildx builder that Kamal would use; empty with the `docker` driver, which has only one."""
    builder = config.builder
    if builder.driver == "docker":
        return ""
    if builder.driver.startswith("cloud "):
        return re.sub(r"[ /]", "-", builder.driver)
    here = [arch for arch in builder.arches if builder.local and (arch == local_arch or not builder.remote)]
    if builder.remote is None or here == list(builder.arches):
        return f"kamal-local-{'registry-' if config.registry.is_local else ''}{builder.driver}"
    registry = "-local-registry" if config.registry.is_local else ""
    remote = _NOT_IN_NAMES.sub("-", builder.remote)
    return f"kamal-hybrid-{builder.driver}-{remote}{registry}" if here else f"kamal-remote-{remote}{registry}"


def create_builder_commands(config: Config, name: str) -> list[LocalCommand]:
    """Creates a local builder, for when it is missing. Raises BuildFailed for remote and hybrid builders."""
    if config.builder.remote is not None:
        raise BuildFailed(
            f"the builder {name} does not exist",
            fix="create it with `kamal build create` or `docker buildx create`",
        )
    line = f"docker buildx create --name {name} --driver={config.builder.driver}"
    if config.registry.is_local:
        line += " --driver-opt network=host"
    return [LocalCommand(line, line)]


def _command(config: Config, before: Iterable[str], after: Iterable[str], *, no_cache: bool) -> LocalCommand:
    builder = config.builder
    arguments = {name: value or "" for name, value in builder.args.items()}
    masked = [part for name in arguments for part in ("--build-arg", f"{name}={_REDACTED}")]
    labels = argumentize("--label", {"service": config.service})
    tail = [*after, *(["--no-cache"] if no_cache else []), builder.context or "."]
    given, shown = (
        " ".join([*before, *labels, *middle, *tail])
        for middle in (argumentize("--build-arg", arguments), masked)
    )
    return LocalCommand(given, shown)


def _platforms(builder: Builder) -> str:
    return ",".join(f"linux/{arch}" for arch in builder.arches)


def _tags(config: Config, version: str) -> list[str]:
    return argumentize("-t", [config.absolute_image(version), latest_image(config)])


def _secrets(builder: Builder) -> list[str]:
    return [part for name in builder.secrets for part in ("--secret", f"id={esc(name)}")]


def _what(builder: Builder) -> list[str]:
    words = ["--file", builder.dockerfile]
    for flag, value in (("--target", builder.target), ("--ssh", builder.ssh)):
        words += [flag, value] if value else []
    return words


def _cache(config: Config) -> list[str]:
    cache = config.builder.cache
    if cache is None:
        return []
    if cache.type is CacheType.GITHUB_ACTIONS:
        return [
            "--cache-to",
            _joined("type=gha", cache.options),
            "--cache-from",
            _joined("type=gha", _reading(cache)),
        ]
    image = cache.image or f"{config.image}-build-cache"
    reference = f"{config.registry.server}/{image}" if config.registry.server else image
    source = f"type=registry,ref={reference}"
    return ["--cache-to", _joined(source, cache.options), "--cache-from", source]


def _reading(cache: BuildCache) -> str:
    """The options of a GitHub cache that matter for reading; the others would be refused."""
    options = (cache.options or "").split(",")
    return ",".join(each for each in options if each.partition("=")[0].strip() in _READING_OPTIONS)


def _joined(source: str, options: str | None) -> str:
    return f"{source},{options}" if options else source
