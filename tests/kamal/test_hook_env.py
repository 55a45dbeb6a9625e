from datetime import UTC, datetime

from backstaff.kamal.hook_env import HookContext, hook_env
from tests.kamal.builders import a_config

CONTEXT = HookContext(
    at=datetime(2026, 11, 23, 3, 51, 14, tzinfo=UTC),
    performer="ada@example.com",
    version="0123456789",
    hosts=("h1", "h2"),
    command="deploy",
)


def test_hooks_are_told_about_the_run() -> None:
    assert hook_env(a_config(), CONTEXT) == {
        "KAMAL_RECORDED_AT": "2026-11-23T03:51:14Z",
        "KAMAL_PERFORMER": "ada@example.com",
        "KAMAL_VERSION": "0123456789",
        "KAMAL_SERVICE_VERSION": "app@0123456",
        "KAMAL_SERVICE": "app",
        "KAMAL_HOSTS": "h1,h2",
        "KAMAL_LOCK": "false",
        "KAMAL_COMMAND": "deploy",
    }


def test_what_does_not_always_apply() -> None:
    context = HookContext(
        **{
            **vars(CONTEXT),
            "subcommand": "boot",
            "roles": ("web", "job"),
            "lock_held": True,
            "runtime_s": 0.4,
        }
    )
    told = hook_env(a_config(destination="eu"), context, {"PW": "secret", "KAMAL_VERSION": "mine"})
    assert told["KAMAL_DESTINATION"] == "eu"
    assert told["KAMAL_SUBCOMMAND"] == "boot"
    assert told["KAMAL_ROLES"] == "web,job"
    assert told["KAMAL_LOCK"] == "true"
    assert told["KAMAL_RUNTIME"] == "0"
    assert told["PW"] == "secret"
    assert told["KAMAL_VERSION"] == "0123456789"
