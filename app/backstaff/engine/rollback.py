"""Which version a rollback can go back to, as the hosts show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backstaff.config.models import Config
from backstaff.engine.containers import ContainerWatch
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.together import on_each
from backstaff.errors import RemoteError
from backstaff.kamal.audit import booted_versions, recent_audit
from backstaff.kamal.filters import kept, label_filters
from backstaff.kamal.names import container_name, container_prefix, version_of
from backstaff.kamal.script import script
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan


async def require_version(run: RunContext, plan: Plan, watches: Mapping[str, ContainerWatch]) -> None:
    """Raise unless each pair still has a container of the version and its host the image."""
    missing = [
        str(pair)
        for pair in plan.pairs
        if not _has_version(run.config, pair, watches[pair.host], plan.version)
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


def _has_version(config: Config, pair: Pair, watch: ContainerWatch, version: str) -> bool:
    """Whether there is a container of the version, also one that made way for another of it."""
    name = container_name(config, pair.role, version)
    return any(each.name == name or each.name.startswith(f"{name}_replaced_") for each in watch.containers)


async def last_good_version(
    run: RunContext, pairs: Sequence[Pair], watches: Mapping[str, ContainerWatch]
) -> str | None:
    """The newest version before the present one that worked everywhere and of which all pairs still have a
    container; None if there is none.

    What worked, and in which order, is told by the audit logs: a version that failed to boot is not gone
    back to, and a second rollback goes further back instead of forth again. After a deploy that reached
    some pairs only, it is the version that the others still run. `latest` is a tag that moves, no version.
    """
    logs = await on_each([watch.host for watch in watches.values()], lambda host: _audit_log(run, host))
    ways = [_way(run.config, pair, watches[pair.host], logs[pair.host]) for pair in pairs]
    if not ways:
        return None
    everywhere_now = set.intersection(*({way.current} for way in ways))
    shared = set.intersection(*(set(way.versions) for way in ways)) - everywhere_now
    return next((version for version in reversed(ways[0].versions) if version in shared), None)


@dataclass(frozen=True)
class _Way:
    """The versions that led a pair to its current one, which is the last of them if it is known to work.
    Only those of which there is still a container."""

    current: str
    versions: tuple[str, ...]


async def _audit_log(run: RunContext, host: GuardedHost) -> str:
    result = await host.run(script([recent_audit(run.config)]), "read the audit log")
    return result.stdout


def _way(config: Config, pair: Pair, watch: ContainerWatch, log: str) -> _Way:
    versions = booted_versions(log, pair.role)
    found = watch.current(pair.role)
    current = ""
    if found is not None:
        current = version_of(found.name, container_prefix(config, pair.role)).partition("_replaced_")[0]
        versions = versions[: versions.index(current) + 1] if current in versions else versions
    still_there = set(_versions(config, pair.role, watch))
    return _Way(current, tuple(version for version in versions if version in still_there))


def _versions(config: Config, role: str, watch: ContainerWatch) -> list[str]:
    prefix = container_prefix(config, role)
    found = kept(label_filters(config, role), watch.containers)
    versions = (version_of(each.name, prefix) for each in found)
    return [each for each in versions if "_replaced_" not in each and each != config.latest_tag]


def _available(config: Config, pairs: Sequence[Pair], watches: Mapping[str, ContainerWatch]) -> list[str]:
    lines = []
    for pair in pairs:
        versions = ", ".join(_versions(config, pair.role, watches[pair.host])) or "none"
        lines.append(f"{pair} has {versions}")
    return lines
