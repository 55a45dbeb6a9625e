"""The clean clone from which the image is built, so that no uncommitted change slips in."""

import hashlib
from pathlib import Path, PurePath

from backstaff.config.models import Config

_DIGEST_CHARS = 13


def clone_dir(config: Config, temp: Path, cwd: PurePath) -> Path:
    """Directory for the clone; the same for each deploy from the same working directory."""
    digest = hashlib.sha256(str(cwd).encode()).hexdigest()[:_DIGEST_CHARS]
    return temp / "kamal-clones" / f"{config.service}-{digest}"


def build_dir(config: Config, temp: Path, cwd: PurePath, root: PurePath) -> Path:
    """Directory inside the clone that corresponds to the working directory; `root` is the repository's."""
    return clone_dir(config, temp, cwd) / root.name / cwd.relative_to(root)


def new_clone_commands(clone: PurePath, root: PurePath) -> list[list[str]]:
    """Make the clone, in place of whatever is there."""
    return [
        ["rm", "-rf", str(clone)],
        ["mkdir", "-p", "-m", "0700", str(clone)],
        ["git", "-C", str(clone), "clone", str(root), "--recurse-submodules"],
    ]


def reset_commands(build: PurePath, root: PurePath, revision: str) -> list[list[str]]:
    """Bring an existing clone to `revision`, without anything that is not committed."""
    steps = (
        ("remote", "set-url", "origin", str(root)),
        ("fetch", "origin"),
        ("reset", "--hard", revision),
        ("clean", "-fdx"),
        ("submodule", "update", "--init"),
        ("gc", "--auto", "--quiet"),
    )
    return [["git", "-C", str(build), *step] for step in steps]


def check_commands(build: PurePath) -> tuple[list[str], list[str]]:
    """Commands that must print nothing, and the revision, for the clone to be usable."""
    git = ["git", "-C", str(build)]
    return [*git, "status", "--porcelain"], [*git, "rev-parse", "HEAD"]
