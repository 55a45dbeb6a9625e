"""Which version a rollback can go back to, as the hosts show it."""

from collections.abc import Mapping, Sequence

from backstaff.config.models import Config
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.errors import RemoteError
from backstaff.hosts.protocol import ContainerSummary
from backstaff.kamal.filters import kept, label_filters
from backstaff.kamal.names import container_name, container_prefix, version_of
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan


async def require_version(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> None:
    """Raise unless each pair still has a container of the version and its host the image."""
    missing = [
        str(pair)
        for pair in plan.pairs
        if watches[pair.host].named(container_name(run.config, pair.role, plan.version)) is None
    ]
    if missing:
        raise RemoteError(
            f"version {plan.version} is not there any more for {', '.join(missing)}",
            evidence=_available(run.config, plan.pairs, watches),
            fix="choose a version that all of them have, or deploy it with --version and --skip-push",
        )
    image = run.config.absolute_image(plan.version)
    for host, watch in watches.items():
        if await watch.host.docker.image(image) is None:
            raise RemoteError(f"image {image} is gone from the host", where=host)


def last_good_version(
    config: Config, pairs: Sequence[Pair], watches: Mapping[str, ContainerWatch]
) -> str | None:
    """The newest version, other than the one that runs, of which every pair has a container."""
    candidates: dict[str, int] | None = None
    for pair in pairs:
        watch = watches[pair.host]
        current = watch.current(pair.role)
        versions = {
            version: container.created
            for version, container in _versions(config, pair.role, watch).items()
            if current is None or container.id != current.id
        }
        candidates = (
            versions
            if candidates is None
            else {each: max(candidates[each], versions[each]) for each in candidates if each in versions}
        )
    return max(candidates, key=lambda each: candidates[each]) if candidates else None


def _versions(config: Config, role: str, watch: ContainerWatch) -> dict[str, ContainerSummary]:
    prefix = container_prefix(config, role)
    found = kept(label_filters(config, role), watch.containers)
    versions = {version_of(each.name, prefix): each for each in found}
    return {version: each for version, each in versions.items() if "_replaced_" not in version}


def _available(config: Config, pairs: Sequence[Pair], watches: Mapping[str, ContainerWatch]) -> list[str]:
    lines = []
    for pair in pairs:
        versions = ", ".join(_versions(config, pair.role, watches[pair.host])) or "none"
        lines.append(f"{pair} has {versions}")
    return lines
