"""What the real Kamal printed, as the states and the card that an operator sees."""

import pytest

from backstaff.events.facts import BarrierState, HostState, LockState, Outcome, Phase
from backstaff.events.types import CommandRun, PhaseEnded, PlanMade, RunEnded, RunStarted, VersionSeen
from tests.kamallog.logs import board_of, capture, card_of, output, read, states, told

H1, H2, H3 = "10.0.0.11", "10.0.0.12", "10.0.0.13"
ALL_HEALTHY = {f"web@{H1}": "healthy", f"web@{H2}": "healthy", f"job@{H3}": "healthy"}
GOOD = {
    "verbose.log": ("deploy", "v2"),
    "terminal.typescript": ("deploy", "v1"),
    "again-in-groups.log": ("deploy", "v1"),
    "rollback.log": ("rollback", "v2"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_run_ends_healthy_everywhere_with_its_lock_released(name: str) -> None:
    events = read(capture(name))
    board = board_of(events)
    command, version = GOOD[name]
    assert board.run is not None
    assert (board.run.service, board.run.command, board.run.version) == ("shop", command, version)
    assert states(board) == dict(sorted(ALL_HEALTHY.items()))
    assert board.barriers["web"].state is BarrierState.OPEN
    assert board.lock is not None
    assert (board.lock.state, board.lock.host) == (LockState.RELEASED, H1)
    assert not board.waits
    assert not board.steps
    assert not board.failed_steps
    assert board.failure is None
    assert [(each.verdict, each.exit_code) for each in told(events, RunEnded)] == [("done", 0)]
    assert {view.outcome for view in board.phases.values()} == {Outcome.DONE}


def test_a_deploy_has_its_phases_in_order() -> None:
    ended = told(read(capture("verbose.log")), PhaseEnded)
    order = [Phase.PULL, Phase.LOCK, Phase.PREPARE, Phase.BOOT, Phase.FINISH]
    assert [each.phase for each in ended] == order


def test_a_run_lasts_as_long_as_kamal_says() -> None:
    [ended] = told(read(capture("terminal.typescript")), RunEnded)
    assert ended.took_s == 7.4


def test_the_command_line_is_that_of_the_capture() -> None:
    [started] = told(read(capture("terminal.typescript")), RunStarted)
    assert started.argv == ("deploy", "--skip-push", "--version=v1", "--skip-hooks")


def test_the_log_of_one_group_has_one_and_that_of_a_limit_has_more() -> None:
    [one] = told(read(capture("verbose.log")), PlanMade)
    [more] = told(read(capture("again-in-groups.log")), PlanMade)
    assert one.groups == ((H1, H2, H3),)
    assert more.groups == ((H1,), (H2,), (H3,))
    assert [(p.role, p.gatekeeper, p.proxied, p.group) for p in more.pairs] == [
        ("web", True, True, 1),
        ("web", True, True, 2),
        ("job", False, False, 3),
    ]
    assert more.barrier == "web"


@pytest.mark.parametrize(
    ("name", "before"), [("verbose.log", "v1"), ("terminal.typescript", "v2"), ("again-in-groups.log", "v1")]
)
def test_the_version_before_is_told_with_or_without_verbose(name: str, before: str) -> None:
    seen = told(read(capture(name)), VersionSeen)
    assert {(each.host, each.role, each.version) for each in seen} == {
        (H1, "web", before),
        (H2, "web", before),
        (H3, "job", before),
    }


def test_commands_have_status_and_duration_and_those_without_an_end_say_so() -> None:
    commands = told(read(capture("verbose.log")), CommandRun)
    [pull] = [each for each in commands if each.line.startswith("docker pull") and each.host == H1]
    assert (pull.status, pull.mutates) == (0, True)
    assert 0 < pull.took_s < 5
    networks = [each for each in commands if each.line.startswith("docker network create")]
    assert {(each.status, bool(each.error)) for each in networks} == {(None, True)}


def test_output_belongs_to_the_command_that_wrote_it() -> None:
    board = board_of(read(capture("verbose.log")))
    assert [line.text for line in board.tail("hook", "", name="pre-deploy")] == ["nobody is on call"]
    assert any("Pulling from shop" in line.text for line in board.tail("command", H1))


def test_an_unhealthy_deploy_shows_the_app_and_both_hosts() -> None:
    events = read(capture("unhealthy.log"))
    board, card = board_of(events), card_of(events)
    assert states(board) == {f"job@{H3}": "halted", f"web@{H1}": "failed", f"web@{H2}": "failed"}
    assert board.barriers["web"].state is BarrierState.FAILED
    assert card.title in {f"boot of web on {H1}", f"boot of web on {H2}"}
    assert card.cause == "the proxy did not find web healthy within 3 s"
    assert "GET /up 500" in card.evidence
    assert any(line.startswith("the same on 10.0.0.1") for line in card.evidence)
    assert card.state[-1] == "lock released"
    assert card.fix == f"backstaff app logs -h {card.host} --container-id shop-web-v3"
    assert [(each.verdict, each.exit_code) for each in told(events, RunEnded)] == [("failed", 1)]
    assert board.phases[Phase.BOOT].outcome is Outcome.FAILED


def test_a_job_that_ends_again_and_again_is_restarting() -> None:
    events = read(capture("job-exits.log"))
    board, card = board_of(events), card_of(events)
    assert states(board) == {**ALL_HEALTHY, f"job@{H3}": "failed"}
    assert card.title == f"boot of job on {H3}"
    assert card.cause == "container not ready after 3 seconds (restarting)"
    container = board.containers[H3]["shop-job-v1"].facts
    assert (container.state, container.labels["role"]) == ("exited", "job")
    assert card.retry == f"backstaff deploy --skip-push --version v1 -h {H3}"


def test_an_image_that_was_never_pushed_is_told_with_advice() -> None:
    card = card_of(read(capture("no-such-image.log")))
    assert card.title == f"pull on {H1}"
    assert card.cause.startswith("manifest for registry.example.com/shop:v9 not found")
    assert card.fix == "was this version built and pushed? See the registry's list of tags"


def test_a_host_that_can_not_be_reached_is_named() -> None:
    events = read(capture("unreachable.log"))
    board, card = board_of(events), card_of(events)
    assert {host.name: host.state for host in board.hosts.values()} == {
        H1: HostState.CONNECTED,
        H2: HostState.UNREACHABLE,
        H3: HostState.CONNECTED,
    }
    assert card.host == H2
    assert "Connection refused" in card.cause


def test_somebody_elses_lock_refuses_the_run() -> None:
    events = read(capture("lock-held.log"))
    board, card = board_of(events), card_of(events)
    assert board.lock is not None
    assert board.lock.state is LockState.HELD
    assert [line.split(":")[0] for line in board.lock.details] == ["Locked by", "Version", "Message"]
    assert card.title == f"deploy, refused by the deploy lock on {H1}"
    assert card.cause.startswith("the deploy lock is held by Ada Lovelace since 2026-")
    assert [each.verdict for each in told(events, RunEnded)] == ["refused"]


def test_a_configuration_error_is_the_cause() -> None:
    events = read(capture("unknown-output-setting.log"))
    assert card_of(events).cause == "unknown key: output"
    assert [each.exit_code for each in told(events, RunEnded)] == [1]


def test_ctrl_c_at_the_barrier_says_what_was_waited_for_and_that_the_lock_is_left() -> None:
    events = read(capture("interrupted-at-barrier.log"))
    card = card_of(events)
    assert card.cause == (
        "Kamal was ended by Ctrl-C; job waits for web; web on 10.0.0.11 and 10.0.0.12 has begun and was not"
        " healthy yet"
    )
    assert card.state[-1] == f"LOCK LEFT BEHIND on {H1}: backstaff lock release"
    assert [(each.verdict, each.exit_code) for each in told(events, RunEnded)] == [("cancelled", 130)]
    assert any("in `join': Interrupt" in line for line in output(events))
