"""Every scenario through the real pipeline, on skipped time."""

import pytest

from backstaff.demo.play import Act, Play
from backstaff.demo.scenarios import SCENARIOS
from backstaff.engine.ending import Cancellation
from backstaff.errors import ExitCode
from backstaff.events.stream import Sink
from backstaff.events.types import Event
from backstaff.simulator.clock import SkippingClock, run_skipping
from tests.demo.playing import played


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "big"])
def test_a_scenario_ends_with_its_exit_code_after_a_first_deploy_that_went_well(name: str) -> None:
    play = played(name)
    first = play.boards[0].result
    assert first is not None
    assert first.exit_code == ExitCode.DONE
    assert play.code is SCENARIOS[name].code


@pytest.mark.parametrize(
    ("name", "host", "cause", "told"),
    [
        ("stuck-filter", "h1", "no filter finds the new container", "label=destination= drops shop-web-v2"),
        ("unhealthy", "h1", "web answered 500 on GET /up, ", "kamal-proxy says: target failed"),
        ("wrong-port", "h1", "nothing listens on port 80: connection refused", "set proxy.app_port to 8123"),
        ("crash-loop", "h1", "the container keeps ending: restarted 3 times", "db:5432"),
        ("oom", "h1", "ran out of memory", "options: memory"),
        ("image-missing", "h1", "shop:v3 is not in the registry", "not found: manifest unknown"),
        ("frozen-docker", "h2", "Docker does not answer", "journalctl -u docker` on h2"),
        ("host-down", "h2", "refuses connections", "untouched"),
        ("host-lost", "h2", "the connection was lost", "h1 v2 serves"),
        ("on-failure", "h3", "web answered 500 on GET /up, ", "h1, h2 and h4 v2 rolled back to v1"),
        ("lock-held", "h1", "the deploy lock is held by Grace", "Version: v7"),
    ],
)
def test_the_card_names_the_true_cause_and_the_host(name: str, host: str, cause: str, told: str) -> None:
    play = played(name)
    card = play.last.failure
    assert card is not None
    assert cause in card.cause
    assert host in card.title
    assert told in play.card()


@pytest.mark.parametrize("name", ["slow-boot", "stuck-filter", "unhealthy", "crash-loop", "frozen-docker"])
def test_what_is_printed_fits_into_a_hundred_columns_and_tells_a_cause_once_for_all_who_wait(
    name: str,
) -> None:
    lines = played(name).printed.splitlines()
    assert [line for line in lines if len(line) > 100] == []
    assert not [line for line in lines if "job" in line and "not booted: no web" in line]


@pytest.mark.parametrize("name", ["stuck-filter", "unhealthy", "crash-loop", "frozen-docker", "host-lost"])
def test_the_old_version_serves_wherever_the_new_one_does_not(name: str) -> None:
    for verdict in played(name).last.verdicts:
        assert verdict.unknown or verdict.serving in {"v1", "v2"}, verdict
        assert verdict.unknown or verdict.agrees or verdict.serving == "v1", verdict


def test_job_waits_for_web_whatever_the_order_of_their_hosts() -> None:
    board = played("job-first").last
    assert board.plan is not None
    assert board.plan.groups == (("h2",), ("h1",))
    assert all(verdict.agrees for verdict in board.verdicts)


def test_a_slow_boot_tells_what_the_barrier_waits_for() -> None:
    told: list[str] = []

    def watch(act: Act) -> list[Sink]:
        def take(event: Event) -> None:
            if event.body.kind == "wait_explained":
                told.append(event.body.why.sentence)

        return [take]

    async def main() -> ExitCode:
        play = Play(
            SCENARIOS["slow-boot"], SkippingClock(), sinks=watch, cancellation=Cancellation(lambda _: None)
        )
        return await play.play()

    assert run_skipping(main()) is ExitCode.DONE
    assert "job@h3 waits for the first healthy web container" in told


def test_a_fleet_can_have_any_number_of_hosts() -> None:
    play = played("big", hosts=12)
    assert play.code is SCENARIOS["big"].code
    assert len(play.last.hosts) == 12
    assert all(verdict.agrees for verdict in play.last.verdicts)


def test_after_a_rollback_the_first_version_serves_everywhere() -> None:
    play = played("rollback")
    assert len(play.boards) == 3
    assert len(play.last.verdicts) == 4
    for verdict in play.last.verdicts:
        assert verdict.agrees, verdict
        assert verdict.serving == "v1", verdict


def test_the_commands_that_are_told_work_or_fit_a_project_of_ones_own() -> None:
    play = played("lock-held")
    assert "`backstaff lock release -h h1`" in play.card()
    assert play.last.failure is not None
    assert play.last.failure.retry == "backstaff demo --scenario lock-held"
