"""Variables of the environment that are not UTF-8, and values that no host could be told."""

from dataclasses import replace

from backstaff.cli.project import find_performer, open_project
from backstaff.engine.performer import Performer
from tests.cli.project import Project, common

BYTE = "ä".encode("latin-1").decode("utf-8", "surrogateescape")
DEPLOY = ("deploy", "--skip-push", "--version", "v2")


def test_a_secret_made_of_such_a_variable_is_refused_before_any_host_is_asked(project: Project) -> None:
    project.write(".kamal/secrets", "REGISTRY_PASSWORD=$ODD\n")
    result = project.run(*DEPLOY, environ={"ODD": f"hunter22{BYTE}"})
    assert result.code == 2
    assert "the secret REGISTRY_PASSWORD is not UTF-8 text" in result.err
    assert "hunter22" not in result.out + result.err
    assert project.servers.connections == []


def test_a_secret_with_a_nul_is_refused_before_any_host_is_asked(project: Project) -> None:
    project.write(".kamal/secrets", r"REGISTRY_PASSWORD=$(printf 'hunter22\\000b')" + "\n")
    result = project.run(*DEPLOY)
    assert result.code == 2
    assert "the secret REGISTRY_PASSWORD has a NUL character in it" in result.err
    assert "hunter22" not in result.out + result.err
    assert project.servers.connections == []


async def test_a_login_name_that_is_not_utf_8_can_be_told_to_hosts(project: Project) -> None:
    opened = replace(open_project(common()), environ={"PATH": "/nonexistent", "USER": f"ann{BYTE}"})
    assert await find_performer(opened) == Performer(name="Unknown", email="ann?")
