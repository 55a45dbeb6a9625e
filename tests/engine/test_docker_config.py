"""The configuration directory that lends local Docker commands a login."""

import base64
import json
import stat
from pathlib import Path

import pytest

from backstaff.engine.docker_config import signed_in
from backstaff.errors import BuildFailed

SERVER = "registry.test"


def written(directory: Path, **config: object) -> dict[str, str]:
    """An environment whose Docker configuration is in `directory`."""
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config))
    return {"DOCKER_CONFIG": str(directory)}


def seen(directory: str) -> dict[str, object]:
    config = json.loads((Path(directory) / "config.json").read_text())
    assert isinstance(config, dict)
    return config


def test_the_login_is_added_to_what_the_user_has(tmp_path: Path) -> None:
    environ = written(
        tmp_path / "own",
        auths={"ghcr.io": {"auth": "eA=="}, SERVER: {}},
        credsStore="desktop",
        credHelpers={"ecr.test": "ecr-login"},
        currentContext="remote",
    )
    with signed_in(environ, SERVER, "ada", "p:w") as variables:
        assert seen(variables["DOCKER_CONFIG"]) == {
            "auths": {"ghcr.io": {"auth": "eA=="}, SERVER: {"auth": base64.b64encode(b"ada:p:w").decode()}},
            "credsStore": "desktop",
            "credHelpers": {"ecr.test": "ecr-login", SERVER: ""},
            "currentContext": "remote",
        }


def test_plugins_contexts_and_builders_are_the_users_own(tmp_path: Path) -> None:
    environ = written(tmp_path / "own")
    (tmp_path / "own/cli-plugins").mkdir()
    (tmp_path / "own/cli-plugins/docker-buildx").touch()
    with signed_in(environ, SERVER, "ada", "pw") as variables:
        made = Path(variables["DOCKER_CONFIG"])
        assert (made / "cli-plugins/docker-buildx").is_file()
        assert variables["BUILDX_CONFIG"] == str(tmp_path / "own/buildx")
        (made / "cli-plugins/added").touch()
    assert (tmp_path / "own/cli-plugins/added").exists()
    with signed_in({**environ, "BUILDX_CONFIG": "/elsewhere"}, SERVER, "ada", "pw") as variables:
        assert variables["BUILDX_CONFIG"] == "/elsewhere"


def test_nobody_else_can_read_the_login_and_nothing_of_it_stays(tmp_path: Path) -> None:
    environ = written(tmp_path / "own", auths={})
    before = (tmp_path / "own/config.json").read_bytes()
    with signed_in(environ, SERVER, "ada", "pw") as variables:
        made = Path(variables["DOCKER_CONFIG"])
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        assert stat.S_IMODE((made / "config.json").stat().st_mode) == 0o600
    assert not made.exists()
    assert (tmp_path / "own/config.json").read_bytes() == before


def test_a_user_without_any_configuration_can_sign_in(tmp_path: Path) -> None:
    with signed_in({"HOME": str(tmp_path)}, SERVER, "ada", "pw") as variables:
        assert set(seen(variables["DOCKER_CONFIG"])) == {"auths", "credHelpers"}
        assert variables["BUILDX_CONFIG"] == str(tmp_path / ".docker/buildx")
    assert not (tmp_path / ".docker").exists()


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_configuration_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    environ = {"DOCKER_CONFIG": str(tmp_path)}
    with pytest.raises(BuildFailed) as caught, signed_in(environ, SERVER, "ada", "pw"):
        raise AssertionError("the body must not run")
    assert caught.value.where == str(tmp_path / "config.json")
