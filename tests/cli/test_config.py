"""`backstaff config`: everything as it is understood, and nothing that is a secret."""

import json

import yaml

from backstaff.events.inert import inert
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


def test_what_would_hide_or_reorder_text_is_shown_escaped_and_says_the_same(project: Project) -> None:
    value = "user\u202e\u2066 txt.exe\U000e0041\u061c é"
    project.add(f'env: {{clear: {{A: "{value}"}}}}\n')
    told = project.run("config", "--version", "v1").out
    assert "\\u202E" in told
    assert all(inert(line) == line for line in told.splitlines())
    assert yaml.safe_load(told)["config"]["env"]["clear"]["A"] == value


def test_text_in_any_language_is_shown_as_it_is(project: Project) -> None:
    project.add('env: {clear: {A: "größer, 漢字, क्‍ष"}}\n')
    assert "größer, 漢字, क्‍ष" in project.run("config", "--version", "v1").out


def test_json_says_the_same_where_a_ci_system_reads_commands_out_of_it(project: Project) -> None:
    value = "##[error]forged ::error::x"
    project.add(f'env: {{clear: {{A: "{value}"}}}}\n')
    told = project.run("config", "--json", "--version", "v1", environ={"GITHUB_ACTIONS": "true"}).out
    assert "##[" not in told
    assert json.loads(told)["config"]["env"]["clear"]["A"] == value
