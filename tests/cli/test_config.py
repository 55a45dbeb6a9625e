"""`backstaff config`: everything as it is understood, and nothing that is a secret."""

import json

from tests.cli.project import DEPLOY_YML, Project


def registry(project: Project) -> dict[str, object]:
    told = json.loads(project.run("config", "--json", "--version", "v1").out)
    found = told["config"]["registry"]
    assert isinstance(found, dict)
    return found


def test_the_name_of_the_registry_s_account_is_no_secret(project: Project) -> None:
    assert registry(project) == {
        "server": "registry.test",
        "username": "me",
        "password": "(secret REGISTRY_PASSWORD)",
    }


def test_a_name_that_comes_from_the_secrets_is_only_named(project: Project) -> None:
    project.write("config/deploy.yml", DEPLOY_YML.replace("username: me", "username: [REGISTRY_USER]"))
    assert registry(project)["username"] == "(secret REGISTRY_USER)"


def test_a_password_that_is_written_into_the_file_is_masked(project: Project) -> None:
    project.write("config/deploy.yml", DEPLOY_YML.replace("[REGISTRY_PASSWORD]", "hunter22"))
    assert registry(project)["password"] == "[REDACTED]"
    assert "hunter22" not in project.run("config", "--version", "v1").out


def test_an_unknown_destination_names_the_known_ones(project: Project) -> None:
    project.write("config/deploy.staging.yml", "")
    project.write("config/deploy.production.yml", "")
    for command in ("config", "deploy"):
        result = project.run(command, "-d", "prod")
        assert result.code == 2
        assert "there is no destination prod; known: production, staging" in result.err
        assert "did you mean `-d production`?" in result.err
