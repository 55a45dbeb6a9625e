"""Which version of the app is deployed."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from backstaff.config.commands import CommandUnavailable, Ended, run_async
from backstaff.config.models.config import Config
from backstaff.errors import UsageError

_ABBREVIATED = 7
_RANDOM_BYTES = 8
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


async def resolve_version(
    config: Config, given: str | None = None, *, environ: Mapping[str, str], cwd: Path
) -> str:
    """The version to deploy: `given`, else the variable VERSION, else git's HEAD.

    When the image is built from the working directory and that has changes, a random suffix tells builds
    apart. Git has the deadline `timeouts.command`. Raises UsageError when no version can be found.
    """
    if chosen := given or environ.get("VERSION"):
        return _checked(chosen)
    timeout_s = config.backstaff.timeouts.command
    head = await _git(["rev-parse", "HEAD"], environ, cwd, timeout_s)
    if head.status != 0:
        raise UsageError(_no_head(head, cwd), fix="commit first, or give --version")
    version = head.stdout.strip()
    if config.builder.wants_git_clone:
        return version
    changes = await _git(["status", "--porcelain"], environ, cwd, timeout_s)
    if changes.status != 0:
        raise UsageError(f"git can not tell whether there are changes ({changes.reason})")
    if not changes.stdout.strip():
        return version
    return f"{version}_uncommitted_{secrets.token_hex(_RANDOM_BYTES)}"


def abbreviated_version(version: str) -> str:
    """The first seven characters, as messages and hooks show it; whole if it is no plain commit."""
    return version if "_" in version else version[:_ABBREVIATED]


def _checked(version: str) -> str:
    if not _TAG.fullmatch(version):
        raise UsageError(f"{version!r} is not a version: it has to be a valid image tag")
    return version


def _no_head(head: Ended, cwd: Path) -> str:
    if "not a git repository" in head.stderr:
        return f"no version was given and {cwd} is not in a git repository"
    return f"no version was given and git has no commit to name it after ({head.reason})"


async def _git(arguments: list[str], environ: Mapping[str, str], cwd: Path, timeout_s: float) -> Ended:
    try:
        return await run_async(
            ["git", *arguments], cwd=cwd, environ={**environ, "LC_ALL": "C"}, timeout_s=timeout_s
        )
    except CommandUnavailable as error:
        fix = "give --version or set VERSION"
        raise UsageError(f"no version was given and git {error}", fix=fix) from error
