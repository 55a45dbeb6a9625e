"""The command that does again what is left: the one that was given, for fewer hosts."""

import shlex

import pytest

from backstaff.events.board import Board
from backstaff.events.facts import Outcome, PairState, PairVerdict, Phase
from backstaff.events.types import ContainerChanged, PhaseEnded, Verified
from backstaff.explain.given import value_of, was_given
from backstaff.explain.retry import (
    image_is_built,
    pairs_to_retry,
    proven_pairs,
    resume_argv,
    resumed_argv,
    retry_command,
)
from tests.events.builders import Script, a_container, a_plan, a_run, pair


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


def a_run_of(line: str, command: str = "deploy") -> Script:
    run = a_run().model_copy(update={"argv": tuple(shlex.split(line)), "command": command})
    return Script().at(0, run, a_plan())


def resumable(script: Script) -> str:
    return retry_command(script.board, resumable=True)


def test_a_run_whose_journal_is_there_is_gone_on_with() -> None:
    script = a_run_of(
        "deploy -d production -r 'web,j*' -H --lock-wait --version v42 --on-failure rollback -P"
    )
    assert resumable(script).startswith("backstaff deploy -d production")
    script.at(1, pair("h3", "job", PairState.HEALTHY))
    run = a_run().run
    assert resumable(script) == f"backstaff deploy --resume {run} -H --lock-wait --on-failure rollback"


def test_an_image_that_is_built_is_worth_going_on_with() -> None:
    script = a_run_of("deploy").at(9, PhaseEnded(phase=Phase.BUILD, outcome=Outcome.DONE, took_s=9))
    assert resumable(script) == f"backstaff deploy --resume {a_run().run}"
    assert retry_command(script.board) == "backstaff deploy"


@pytest.mark.parametrize(("line", "command"), [("rollback v41 -r web", "rollback"), ("app boot", "app boot")])
def test_every_boot_is_gone_on_with_by_deploy(line: str, command: str) -> None:
    script = a_run_of(line, command).at(1, pair("h3", "job", PairState.HEALTHY))
    assert resumable(script) == f"backstaff deploy --resume {a_run().run}"


def test_other_commands_are_given_once_more() -> None:
    script = a_run_of("app start --version v42", "app start").at(1, pair("h3", "job", PairState.HEALTHY))
    assert "--resume" not in resumable(script)


def test_a_run_that_goes_on_with_another_says_with_what_it_was_done() -> None:
    run = a_run_of("deploy -r web -d production --version v42 -H").board.run
    assert run is not None
    given = ["deploy", "--resume", "last", "-q", "-r", "web"]
    words = ("deploy", "--resume", run.run, "-r", "web", "-d", "production", "-q")
    assert resumed_argv(run, given) == words
    assert resume_argv(run) == ("deploy", "--resume", run.run, "-r", "web", "-d", "production", "-H")


def verdict(host: str, role: str, *, agrees: bool, unknown: str = "") -> PairVerdict:
    return PairVerdict(host=host, role=role, expected="v42", agrees=agrees, unknown=unknown)


def keys(board: Board) -> list[str]:
    return [each.key for each in proven_pairs(board)]


def test_only_what_was_proved_and_not_seen_otherwise_is_done() -> None:
    script = a_run_of("deploy").at(
        1,
        pair("h1", "web", PairState.HEALTHY),
        pair("h2", "web", PairState.STOPPING_OLD),
        pair("h3", "job", PairState.HEALTHY),
        pair("h4", "job", PairState.ROLLED_BACK),
    )
    assert keys(script.board) == ["web@h1", "web@h2", "job@h3"]
    seen = Verified(
        pairs=(verdict("h1", "web", agrees=False), verdict("h3", "job", agrees=False, unknown="lost"))
    )
    script.at(2, seen)
    assert keys(script.board) == ["web@h2", "job@h3"]
    assert [each.key for each in pairs_to_retry(script.board)] == ["web@h1", "job@h4"]


def test_what_was_given_up_and_serves_all_the_same_is_done() -> None:
    script = a_run_of("deploy").at(
        1,
        pair("h1", "web", PairState.CANCELLED),
        pair("h2", "web", PairState.CANCELLED),
        pair("h3", "job", PairState.CANCELLED),
        ContainerChanged(host="h1", role="web", event="started", container=a_container("h1", "web")),
        ContainerChanged(host="h3", role="job", event="started", container=a_container("h3", "job")),
        Verified(
            pairs=tuple(verdict(h, r, agrees=True) for h, r in [("h1", "web"), ("h2", "web"), ("h3", "job")])
        ),
    )
    assert keys(script.board) == ["web@h1"]


def test_an_image_is_built_if_the_run_built_it_or_did_not_have_to() -> None:
    script = a_run_of("deploy")
    assert not image_is_built(script.board)
    assert image_is_built(script.at(9, PhaseEnded(phase=Phase.BUILD, outcome=Outcome.DONE, took_s=9)).board)
    given = a_plan().model_copy(update={"phases": (Phase.CONNECT, Phase.PULL)})
    assert image_is_built(Script().at(0, a_run(), given).board)


def test_a_run_that_had_no_plan_yet_tells_by_its_options_whether_it_builds() -> None:
    assert image_is_built(Script().at(0, a_run()).board)
    assert not image_is_built(Script().at(0, a_run().model_copy(update={"argv": ("deploy",)})).board)


def test_what_was_given_is_read_in_all_ways_to_write_it() -> None:
    run = a_run_of("deploy -vPh h1 --hosts=h2 --on_failure rollback --resume X").board.run
    assert run is not None
    assert value_of(run, "--hosts") == "h2"
    assert value_of(run, "--on-failure") == "rollback"
    assert value_of(run, "--resume") == "X"
    assert value_of(run, "--roles") is None
    assert was_given(run, "--skip-push")
    assert not was_given(run, "--primary")
