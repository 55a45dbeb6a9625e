"""What the containers find in their environment, and where secrets do not end up."""

from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.deploys.project import DB_PASSWORD, Project, a_project
from tests.lab.deploys.seen import containers

NASTY = {
    "QUOTES": """both "double" and 'single'""",
    "DOLLARS": "$HOME $(id) `id` $",
    "SPACES": "  two before, two after  ",
    "LETTERS": "Größe, 東京, ✓",
    "BACKSLASH": r"C:\new \\ \n",
    "HASH": "a#b # c",
    "EQUALS": "a=b==",
    "EMPTY": "",
}


@pytest.fixture(autouse=True)
def image(lab: Lab) -> None:
    lab.app_image("v1")


def secret_lines(values: dict[str, str]) -> str:
    """Values in single quotes, in which the file takes everything as it is; but for quotes themselves."""
    return "".join(f"SECRET_{name}='{value}'\n" for name, value in values.items() if "'" not in value)


def test_values_arrive_as_they_were_written(lab: Lab, tmp_path: Path) -> None:
    names = [f"SECRET_{name}" for name, value in NASTY.items() if "'" not in value]
    project = a_project(lab, tmp_path, web=["h1"], env={"clear": NASTY, "secret": names})
    project.write(".kamal/secrets", f"REGISTRY_PASSWORD={lab.registry_password}\n{secret_lines(NASTY)}")

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err
    env = containers(lab.hosts[0])["app-web-v1"].env
    assert {name: env.get(name) for name in NASTY} == NASTY
    # Docker takes what is in an env file literally, so Kamal's escapes in it stay.
    expected = {f"SECRET_{name}": value.replace("\\", r"\\") for name, value in NASTY.items()}
    assert {name: env.get(name) for name in names} == {name: expected[name] for name in names}


def test_a_variable_in_braces_is_the_hosts_own_unless_it_is_a_secret(lab: Lab, tmp_path: Path) -> None:
    env = {"clear": {"CLEAR": "${HOME}/data"}, "secret": ["SECRET"]}
    project = a_project(lab, tmp_path, web=["h1"], env=env)
    project.write(".kamal/secrets", f"REGISTRY_PASSWORD={lab.registry_password}\nSECRET='${{HOME}}/data'\n")

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err
    env_seen = containers(lab.hosts[0])["app-web-v1"].env
    assert (env_seen["CLEAR"], env_seen["SECRET"]) == ("/root/data", "${HOME}/data")


@pytest.fixture
def tagged(lab: Lab, tmp_path: Path) -> Project:
    servers = {
        "web": {"hosts": [{"h1": "eu"}, "h2"]},
        "job": {"hosts": [{"h3": ["eu", "canary"]}], "env": {"clear": {"APP_MODE": "worker", "THREADS": 10}}},
    }
    env = {
        "clear": {"REGION": "none", "THREADS": 5},
        "secret": ["DB_PASSWORD", "QUEUE_PASSWORD:DB_PASSWORD"],
        "tags": {
            "eu": {"REGION": "eu"},
            "canary": {"clear": {"FEATURES": "all"}, "secret": ["CANARY_TOKEN"]},
        },
    }
    project = a_project(lab, tmp_path, servers=servers, env=env)
    secrets = project.directory / ".kamal/secrets"
    secrets.write_text(secrets.read_text() + "CANARY_TOKEN=tweet-tweet-4711\n")
    return project


def test_tags_roles_and_aliases_reach_the_right_containers_and_only_those(lab: Lab, tagged: Project) -> None:
    result = tagged.run("deploy", "-P", "--version", "v1")

    assert result.code == 0, result.out + result.err
    h1, h2, h3, _ = lab.hosts
    web_eu, web, job = (
        containers(host)[name].env
        for host, name in ((h1, "app-web-v1"), (h2, "app-web-v1"), (h3, "app-job-v1"))
    )
    assert [each["REGION"] for each in (web_eu, web, job)] == ["eu", "none", "eu"]
    assert [each["THREADS"] for each in (web_eu, web, job)] == ["5", "5", "10"]
    assert [each["QUEUE_PASSWORD"] for each in (web_eu, web, job)] == [DB_PASSWORD] * 3
    assert [each.get("CANARY_TOKEN") for each in (web_eu, web, job)] == [None, None, "tweet-tweet-4711"]
    assert [each.get("FEATURES") for each in (web_eu, web, job)] == [None, None, "all"]


def test_secrets_stay_in_files_of_their_owner(lab: Lab, tagged: Project) -> None:
    result = tagged.run("deploy", "-P", "-v", "--version", "v1")

    assert result.code == 0, result.out + result.err
    files = [
        path
        for host in lab.hosts[:3]
        for path in (host.home / ".kamal").rglob("*")
        if path.is_file() and DB_PASSWORD in path.read_text()
    ]
    assert sorted(path.name for path in files) == ["job.env", "web.env", "web.env"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    journal = tagged.journals[-1]
    assert journal.stat().st_mode & 0o777 == 0o600
    for text in (result.out, result.err, journal.read_text()):
        assert DB_PASSWORD not in text
        assert "tweet-tweet-4711" not in text
        assert lab.registry_password not in text
    h3 = lab.hosts[2]
    command = h3.docker(
        "inspect", "--format={{json .Path}} {{json .Args}} {{json .Config.Labels}}", "app-job-v1"
    )
    assert DB_PASSWORD not in command
    assert not (h3.home / ".docker").exists()


def test_a_missing_secret_is_told_before_any_host_is_asked(lab: Lab, tmp_path: Path) -> None:
    project = a_project(lab, tmp_path, web=["h1"], env={"secret": ["NOWHERE", "FAILING"]})
    project.write(
        ".kamal/secrets",
        f"REGISTRY_PASSWORD={lab.registry_password}\nFAILING=$(echo no vault today >&2; exit 3)\n",
    )
    lab.hosts[0].kill_sshd()

    result = project.run("deploy", "-P", "--version", "v1")

    assert result.code == 2
    assert "FAILING" in result.err
    assert ".kamal/secrets:2" in result.err
    assert project.journals == []
