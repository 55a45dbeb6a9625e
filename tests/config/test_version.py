"""The version of a deploy: given, from the environment, or from git."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from backstaff.config.version import abbreviated_version, resolve_version
from backstaff.errors import UsageError
from tests.config.builders import MINIMAL, load

ENVIRON = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "GIT_CEILING_DIRECTORIES": "/",
}
FROM_CHECKOUT = MINIMAL.replace("{arch: amd64}", "{arch: amd64, context: .}")


def git(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=directory, env=ENVIRON, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / "a").write_text("1")
    git(root, "add", "a")
    git(root, "commit", "-qm", "first")
    return root


async def test_a_given_version_wins(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    assert await resolve_version(config, "v1", environ={"VERSION": "v2"}, cwd=tmp_path) == "v1"
    assert await resolve_version(config, environ={"VERSION": "v2"}, cwd=tmp_path) == "v2"


async def test_a_clean_commit_names_the_version(tmp_path: Path, repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    for text in (MINIMAL, FROM_CHECKOUT):
        config = load(tmp_path, text)
        assert await resolve_version(config, environ=ENVIRON, cwd=repository) == head


async def test_changes_count_when_the_working_directory_is_built(tmp_path: Path, repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    (repository / "a").write_text("2")
    from_clone = load(tmp_path, MINIMAL)
    assert await resolve_version(from_clone, environ=ENVIRON, cwd=repository) == head
    from_checkout = load(tmp_path, FROM_CHECKOUT)
    version = await resolve_version(from_checkout, environ=ENVIRON, cwd=repository)
    assert re.fullmatch(rf"{head}_uncommitted_[0-9a-f]{{16}}", version)


async def test_no_repository_is_said_clearly(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match="is not in a git repository"):
        await resolve_version(config, environ=ENVIRON, cwd=tmp_path)


async def test_a_repository_without_commits_is_said_clearly(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    config = load(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match="git has no commit"):
        await resolve_version(config, environ=ENVIRON, cwd=tmp_path)


async def test_no_git_is_said_clearly(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match="git is not installed on this machine, or not on its PATH"):
        await resolve_version(config, environ={"PATH": "/nonexistent"}, cwd=tmp_path)


async def test_a_version_has_to_be_an_image_tag(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    with pytest.raises(UsageError, match="valid image tag"):
        await resolve_version(config, "a b", environ={}, cwd=tmp_path)


def test_abbreviations() -> None:
    assert abbreviated_version("0123456789abcdef") == "0123456"
    assert abbreviated_version("0123456789_uncommitted_ff") == "0123456789_uncommitted_ff"
