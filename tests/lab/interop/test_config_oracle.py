"""Kamal itself is asked what each file of a corpus means: do we read the same, and refuse the same?"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from backstaff.config import Config, load_config
from backstaff.config.models import Role
from backstaff.config.secrets import resolve_secrets
from backstaff.errors import ConfigError
from backstaff.kamal.create import create_line
from backstaff.kamal.env_file import env_file_text
from backstaff.kamal.names import latest_image
from backstaff.kamal.proxy_boot import start_line
from backstaff.kamal.proxy_deploy import deploy_command
from backstaff.plan.selection import select
from tests.lab.commands import must, run
from tests.lab.interop.config_corpus import (
    INVALID,
    ONLY_BACKSTAFF_READS,
    ONLY_KAMAL_READS,
    SECRETS_FILES,
    VALID,
    ConfigCase,
)
from tests.lab.interop.project import Tool

VERSION = "v9"
ORACLE = Path(__file__).with_name("oracle")

Answers = Mapping[str, Mapping[str, object]]


@pytest.fixture(autouse=True)
def _clean_hosts() -> None:
    """These tests need no hosts."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for each case."""
    root = tmp_path_factory.mktemp("corpus")
    for name, case in _cases().items():
        _write(root / name, case)
    return root


@pytest.fixture(scope="module")
def answers(corpus: Path) -> Answers:
    """What Kamal says: for each case either `meaning` or why it is `refused`."""
    file = corpus / "answers.json"
    environ = {**_environ(), "CORPUS": str(corpus), "ANSWERS": str(file)}
    must(run(["env", f"--chdir={ORACLE}", *Tool.KAMAL.command, "config", "--version=v9"], env=environ))
    found: Answers = json.loads(file.read_text())
    return found


@pytest.mark.parametrize("name", [*VALID, *SECRETS_FILES])
async def test_a_file_means_the_same_to_both(name: str, corpus: Path, answers: Answers) -> None:
    assert answers[name].get("refused") is None
    theirs = answers[name]["meaning"]
    assert isinstance(theirs, dict)
    for part, ours in (await _meaning(corpus / name, _cases()[name])).items():
        assert ours == theirs[part], part


@pytest.mark.parametrize("name", INVALID)
def test_a_wrong_file_is_refused_by_both(name: str, corpus: Path, answers: Answers) -> None:
    assert "refused" in answers[name]
    with pytest.raises(ConfigError):
        _load(corpus / name, INVALID[name])


@pytest.mark.parametrize("name", ONLY_BACKSTAFF_READS)
def test_what_only_backstaff_reads(name: str, corpus: Path, answers: Answers) -> None:
    assert "refused" in answers[name]
    assert _load(corpus / name, ONLY_BACKSTAFF_READS[name][0]).service == "app"


@pytest.mark.parametrize("name", ONLY_KAMAL_READS)
def test_what_only_kamal_reads(name: str, corpus: Path, answers: Answers) -> None:
    assert "meaning" in answers[name]
    with pytest.raises(ConfigError):
        _load(corpus / name, ONLY_KAMAL_READS[name][0])


def _cases() -> dict[str, ConfigCase]:
    deviations = {**ONLY_BACKSTAFF_READS, **ONLY_KAMAL_READS}
    return {**VALID, **SECRETS_FILES, **INVALID, **{name: case for name, (case, _) in deviations.items()}}


def _write(directory: Path, case: ConfigCase) -> None:
    files = {
        "config/deploy.yml": case.text,
        **{f".kamal/{name}": text for name, text in case.secrets.items()},
        "case.json": json.dumps({"environ": dict(case.environ), "destination": case.destination}),
    }
    if case.over is not None:
        files[f"config/deploy.{case.destination}.yml"] = case.over
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(text.encode())


def _environ() -> dict[str, str]:
    path = f"{Path(Tool.KAMAL.command[0]).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": "/nonexistent", "LANG": "C.UTF-8"}


def _load(directory: Path, case: ConfigCase) -> Config:
    environ = {**_environ(), **case.environ}
    return load_config(directory / "config/deploy.yml", case.destination, environ=environ, cwd=directory)


async def _meaning(directory: Path, case: ConfigCase) -> dict[str, object]:
    """The same that the oracle tells, as we understand the file."""
    config = _load(directory, case)
    secrets = await resolve_secrets(config, (), environ={**_environ(), **case.environ}, cwd=directory)
    revealed = {name: value.reveal() for name, value in secrets.values.items()}
    return {
        "roles": [role.name for role in config.roles],
        "hosts": list(config.all_hosts),
        "app_hosts": list(config.app_hosts),
        "primary_host": select(config).primary_host if config.roles else None,
        "image": config.absolute_image(VERSION),
        "latest": latest_image(config),
        "service_with_version": f"{config.service}-{VERSION}",
        "secrets": revealed,
        "retain": config.retain_containers,
        "ssh": {
            "user": config.ssh.user,
            "port": str(config.ssh.port),
            "keys_only": config.ssh.keys_only,
            "keys": None if config.ssh.keys is None else list(config.ssh.keys),
        },
        "accessories": {
            each.name: {"service": each.service_name, "hosts": sorted(each.hosts), "image": each.image}
            for each in config.accessories
        },
        "pairs": [_pair(config, role, host, revealed) for role in config.roles for host in role.hosts],
        "proxies": {host: start_line(config, host) for host in select(config).proxy_hosts},
    }


def _pair(config: Config, role: Role, host: str, secrets: Mapping[str, str]) -> dict[str, object]:
    created = create_line(config, role, host, VERSION, hostname="HOSTNAME")
    deploy = deploy_command(config, role, VERSION, target="TARGET").line if role.proxied else None
    return {
        "role": role.name,
        "host": host,
        # The one intended difference: a container is created and started by two calls.
        "run": _plain(created.replace("docker create", "docker run --detach", 1)),
        "env_file": env_file_text(role.env_for(host), secrets),
        "proxy": deploy,
    }


def _plain(line: str) -> str:
    """Kamal leaves a false without quotes, which is the same to a shell."""
    return line.replace('="false"', "=false")
