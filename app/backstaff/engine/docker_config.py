"""A login for local Docker commands that leaves nothing behind: a configuration directory of their own."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from backstaff.errors import BuildFailed
from backstaff.temporary import temporary_directory

_FILE = "config.json"
_BUILDERS = "buildx"


def users_directory(environ: Mapping[str, str]) -> Path:
    """Where the user's own Docker commands find their configuration."""
    given = environ.get("DOCKER_CONFIG")
    return Path(given) if given else Path(environ.get("HOME") or Path.home()) / ".docker"


@contextmanager
def signed_in(
    environ: Mapping[str, str], server: str, username: str, password: str
) -> Iterator[Mapping[str, str]]:
    """Yields variables with which Docker commands have a login for `server`, as Docker writes its name.

    Everything else is as the user has it: logins and credential helpers of other registries, contexts,
    plugins and builders. The login is in a directory that only we may read, gone at the end. Raises
    BuildFailed if the user's configuration can not be read.
    """
    own = users_directory(environ)
    config = with_login(_read(own / _FILE), server, username, password)
    with temporary_directory("backstaff-docker-") as directory:
        for entry in own.iterdir() if own.is_dir() else ():
            if entry.name != _FILE:
                (directory / entry.name).symlink_to(entry.absolute())
        file = directory / _FILE
        file.touch(mode=0o600)
        file.write_text(json.dumps(config))
        builders = environ.get("BUILDX_CONFIG") or str((own / _BUILDERS).absolute())
        yield {"DOCKER_CONFIG": str(directory), "BUILDX_CONFIG": builders}


def with_login(
    config: Mapping[str, object], server: str, username: str, password: str
) -> Mapping[str, object]:
    """A Docker configuration with this login. An empty helper makes Docker take it from the file even where
    all other logins are in a credential store."""
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {
        **config,
        "auths": {**_section(config, "auths"), server: {"auth": auth}},
        "credHelpers": {**_section(config, "credHelpers"), server: ""},
    }


def _section(config: Mapping[str, object], name: str) -> Mapping[object, object]:
    section = config.get(name)
    return section if isinstance(section, dict) else {}


def _read(file: Path) -> Mapping[str, object]:
    try:
        config = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BuildFailed(
            f"Docker's configuration can not be read: {error}", where=str(file), fix="correct or remove it"
        ) from error
    if not isinstance(config, dict):
        raise BuildFailed(
            "Docker's configuration is not a JSON object", where=str(file), fix="correct or remove it"
        )
    return config
