"""The audit log on each host: who did what and when."""

from collections.abc import Iterable
from datetime import UTC, datetime

from backstaff.config.models import Config
from backstaff.kamal.paths import RUN_DIR, audit_log
from backstaff.kamal.quoting import word


def audit_line(config: Config, at: datetime, performer: str, text: str, *, tag: str = "") -> str:
    """One line of the log, without its end. `at` must be aware; `tag` is the role where it is about one."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tags = [when, performer, config.destination or "", tag]
    line = " ".join([*(f"[{each}]" for each in tags if each), text])
    return " ".join(line.splitlines())


def append_audit(config: Config, lines: Iterable[str]) -> str:
    """A command that appends lines to the host's log, or ends the script."""
    words = " ".join(word(line) for line in lines)
    return f"mkdir -p {RUN_DIR} && printf '%s\\n' {words} >> {word(audit_log(config))} || exit 1"


def pulled(version: str) -> str:
    """An image is on the host."""
    return f"Pulled image with version {version}"


def booted(version: str) -> str:
    """A role's container works."""
    return f"Booted app version {version}"


def renaming(version: str, replaced: str) -> str:
    """A container makes way for another of its version; `replaced` is the version in its new name."""
    return f"Renaming container {version} to {replaced}"


def tagging(image: str) -> str:
    """An image becomes the latest one."""
    return f"Tagging {image} as the latest image"


PRUNED_CONTAINERS = "Pruned containers"
PRUNED_IMAGES = "Pruned images"
STOPPED_APP = "Stopped app"


def started(version: str) -> str:
    """A stopped container was started again."""
    return f"Started app version {version}"


def rolled_back(version: str, old: str) -> str:
    """The version before works again, because the deploy of this one failed elsewhere."""
    return f"Rolled back app version {version} to {old}: its deploy failed"


def booted_versions(log: str, role: str) -> list[str]:
    """The versions that led to the present one of a role, oldest first, as a log tells.

    A version that comes back, by a rollback or a new deploy, undoes all that came after it: what was rolled
    away from is no part of the way any more.
    """
    marker = f"[{role}] {booted('')}"
    way: list[str] = []
    for line in log.splitlines():
        version = line.partition(marker)[2].strip()
        if version in way:
            del way[way.index(version) + 1 :]
        elif version:
            way.append(version)
    return way


def recent_audit(config: Config) -> str:
    """A command that prints the recent part of the host's log, nothing if there is none."""
    return f"tail -n 2000 {word(audit_log(config))} 2>/dev/null || true"
