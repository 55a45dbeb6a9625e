"""Small configurations, written to a directory and loaded from it."""

import os
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from backstaff.config import Config, load_config
from backstaff.errors import ConfigError

MINIMAL = """\
service: app
image: me/app
servers: [1.1.1.1]
registry: {username: me, password: [PW]}
builder: {arch: amd64}
"""

ENVIRON = {"PATH": os.environ["PATH"]}
NO_RUBY = {"PATH": "/nonexistent"}


def write(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes files with their indentation taken away; returns the directory."""
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return directory


def load(
    directory: Path,
    text: str | bytes,
    *,
    destination: str | None = None,
    over: str | None = None,
    environ: Mapping[str, str] = ENVIRON,
) -> Config:
    """Loads a deploy.yml, with `over` as the file of its destination."""
    write(directory, {"deploy.yml": text})
    if over is not None:
        write(directory, {f"deploy.{destination}.yml": over})
    return load_config(directory / "deploy.yml", destination, environ=environ, cwd=directory)


def errors(
    directory: Path,
    text: str | bytes,
    *,
    destination: str | None = None,
    over: str | None = None,
    environ: Mapping[str, str] = ENVIRON,
) -> list[str]:
    """What is told about a deploy.yml that is wrong, with file names relative to its directory."""
    with pytest.raises(ConfigError) as caught:
        load(directory, text, destination=destination, over=over, environ=environ)
    return [str(issue).replace(f"{directory}/", "") for issue in caught.value.issues]
