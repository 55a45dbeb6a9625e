"""The command that does again what is left: the one that was given, for fewer hosts."""

import shlex

import pytest

from backstaff.events.facts import PairState
from backstaff.explain.retry import retry_command
from tests.events.builders import Script, a_plan, a_run, pair


def retried(line: str, command: str) -> str:
    run = a_run().model_copy(update={"argv": tuple(shlex.split(line)), "command": command})
    script = Script().at(0, run, a_plan()).at(1, pair("h3", "job", PairState.HEALTHY))
    return retry_command(script.board)


@pytest.mark.parametrize(
    ("given", "again"),
    [
        ("deploy -r web", "deploy --skip-push --version v42 -r web"),
        (
            "deploy -H --lock-wait --lock-wait-timeout 60 -c a.yml -d production",
            "deploy --skip-push --version v42 -H --lock-wait --lock-wait-timeout 60 -c a.yml -d production",
        ),
        ("deploy --roles=web --hosts=h1,h2 -P", "deploy --skip-push --version v42 --roles=web"),
        ("deploy -h h1 --hosts h2 -hh3 -rweb", "deploy --skip-push --version v42 -r web"),
        ("deploy -vPh 'h*' -q --skip_push", "deploy --skip-push --version v42 -v -q"),
        ("deploy --version v1 --no-cache --json", "deploy --skip-push --version v42 --json"),
        ("deploy -d -h -p", "deploy --skip-push --version v42 -d -h"),
        ("redeploy --config_file b.yml", "redeploy --skip-push --version v42 --config_file b.yml"),
        ("rollback -r web v1", "rollback v42 -r web"),
        ("rollback --version v1 -H -- ", "rollback v42 -H"),
        ("app boot --version v42 -r web", "app boot --version v42 -r web"),
    ],
)
def test_all_options_but_those_about_hosts_and_image_are_kept(given: str, again: str) -> None:
    command = "app boot" if given.startswith("app") else given.split()[0]
    assert retried(given, command) == f"backstaff {again} -h h1,h2,h4"
