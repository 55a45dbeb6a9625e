"""A log that ends in silence is explained: what waits, for whom, and what each was last seen doing."""

from collections.abc import Sequence

from backstaff.events.facts import BarrierState, Explanation, WaitKind
from backstaff.events.types import Event, PlanMade, RunEnded, WaitExplained
from tests.kamallog.logs import as_github, bare, board_of, capture, card_of, read, told

REPORT = "job waits for web; no web host has started; its group comes after"


def _why(events: Sequence[Event]) -> Explanation:
    """The explanation of the first wait at the barrier that is open in the end."""
    board = board_of(events)
    waits = [wait for wait in board.waits.values() if wait.start.what is WaitKind.BARRIER]
    assert waits[0].why is not None
    return waits[0].why


def _until(name: str, last: str) -> list[str]:
    lines = bare(name)
    place = next(number for number, line in enumerate(lines) if last in line)
    return lines[: place + 1]


def test_the_report_of_2_6_0_says_that_the_group_of_web_comes_after() -> None:
    events = read(capture("report-2.6.0.log"))
    card, why = card_of(events), _why(events)
    assert why.sentence == REPORT
    assert card.cause == f"the log ends here; {REPORT}"
    assert [(each.host, each.role, each.doing) for each in why.evidence] == [
        ("web-1", "web", "has not started"),
        ("web-2", "web", "has not started"),
        ("job-1", "job", "waits at the barrier"),
    ]
    assert why.evidence[0].lines == ("last seen: list the running versions, done in 0.2 s",)
    assert "use 2.6.1 or later, or leave boot.limit out" in card.fix
    assert card.retry == "backstaff deploy -d production"
    assert told(events, RunEnded) == []


def test_the_report_of_2_6_0_has_its_groups_and_its_barrier() -> None:
    events = read(capture("report-2.6.0.log"))
    [plan] = told(events, PlanMade)
    assert plan.groups == (("job-1",), ("web-1", "web-2"))
    barrier = board_of(events).barriers["web"]
    assert (barrier.state, barrier.can_open, barrier.waiting) == (
        BarrierState.CLOSED,
        ("web-1", "web-2"),
        ("job@job-1",),
    )


def test_the_wait_of_the_report_stays_open_without_a_limit() -> None:
    board = board_of(read(capture("report-2.6.0.log")))
    [wait] = board.waits.values()
    assert (wait.start.role, wait.start.host, wait.start.cause) == (
        "job",
        "job-1",
        "the first healthy web container",
    )
    assert wait.start.owner == "web on web-1, web-2"
    assert wait.start.limit_s == 0


def test_a_run_killed_while_web_starts_shows_what_each_web_host_was_doing() -> None:
    events = read(capture("killed-at-barrier.log"))
    card, why = card_of(events), _why(events)
    assert why.sentence == (
        "job waits for web; web on 10.0.0.11 and 10.0.0.12 has begun and was not healthy yet"
    )
    assert [each.host for each in why.evidence] == ["10.0.0.11", "10.0.0.12", "10.0.0.13"]
    assert why.evidence[0].doing == "its container was started and not yet found healthy"
    assert why.evidence[0].lines == (
        "last seen: switch the proxy, and has not ended",
        "Kamal gives that 41 s",
    )
    assert "do 10.0.0.11 and 10.0.0.12 still answer?   backstaff app logs -h 10.0.0.11" in card.fix
    assert card.state[-1] == "the lock was taken and its release is not in the log: backstaff lock status"
    assert not any("holds back" in line for line in card.evidence)


def test_every_open_wait_is_explained() -> None:
    events = read(capture("killed-at-barrier.log"))
    board = board_of(events)
    assert {wait.start.what for wait in board.waits.values()} == {WaitKind.BARRIER, WaitKind.PROXY}
    assert {each.wait for each in told(events, WaitExplained)} == set(board.waits)


def test_what_was_lost_in_a_pipe_is_not_passed_over() -> None:
    card = card_of(read(capture("killed-in-a-pipe.log")))
    assert "10.0.0.11 web: had begun to boot" in card.evidence[0]
    assert card.evidence[-1] == (
        "Kamal holds back what it prints to a file or a pipe: its last lines may be missing"
    )


def test_a_barrier_that_nobody_can_open_is_told_as_such() -> None:
    events = read(capture("nobody-can-open.log"))
    why = _why(events)
    assert (
        why.sentence == "web and job wait for a role that Kamal did not select: nobody can open the barrier"
    )
    assert why.advice.startswith("Kamal takes the first host of --hosts")
    assert [(each.host, each.role) for each in why.evidence] == [("10.0.0.11", "web"), ("10.0.0.13", "job")]


def test_web_hosts_that_failed_before_the_barrier_was_shut_leave_nobody_to_open_it() -> None:
    lines = _until("killed-at-barrier.log", "Waiting for the first healthy")
    failed = [f" ERROR Failed to boot web on 10.0.0.1{number}" for number in (1, 2)]
    why = _why(read([*lines, *failed]))
    assert why.sentence == (
        "job waits for web; web failed on 10.0.0.11 and 10.0.0.12, so that nobody can open the barrier"
    )
    assert why.evidence[0].doing == "failed to boot"


def test_a_pull_that_never_ends_is_named_with_its_host() -> None:
    events = read(_until("no-such-image.log", "Running docker pull"))
    card = card_of(events)
    assert "pull registry.example.com/shop:v9 on 10.0.0.1" in card.cause
    assert card.cause.endswith("had not ended")
    assert "without a time limit" in card.fix


def test_silence_after_a_command_that_ended_tells_the_command_and_how_long_nothing_came() -> None:
    lines = as_github(
        [
            "Pull app image...",
            "  INFO [182f36de] Running docker login ghcr.io -u [REDACTED] -p [REDACTED] on 192.0.2.1",
            "  INFO [182f36de] Finished in 2.639 seconds with exit status 0 (successful).",
        ],
        "kamal deploy --skip-push --version=v1",
    )
    lines.append("2026-11-23T11:15:01.0000000Z ##[error]The operation was canceled.\n")
    events = read(lines)
    card = card_of(events)
    assert card.cause == (
        "the log ends here; the last that it tells is log in to the registry, done in 2.6 s on 192.0.2.1;"
        " what came after is not in it"
    )
    assert card.evidence[0] == (
        "the CI system ended the job after 15 min of silence: ##[error]The operation was canceled."
    )
    assert card.retry == "backstaff deploy --skip-push --version=v1"


def test_kamals_error_may_be_what_is_missing() -> None:
    card = card_of(read(_until("unhealthy.log", "Finished all in")))
    assert (
        card.cause == "the log ends here; web on 10.0.0.11 and 10.0.0.12 failed to boot, and why is not in it"
    )
    assert any("GET /up 500" in line for line in card.evidence)


def test_commands_that_were_allowed_to_fail_are_over_when_the_next_stage_begins() -> None:
    events = read(_until("verbose.log", "Detect stale containers..."))
    assert "ensure the network" not in card_of(events).cause


def test_times_of_a_ci_system_tell_how_long_the_wait_lasted() -> None:
    lines = [
        *as_github(bare("report-2.6.0.log")),
        "2026-11-23T12:00:00.0000000Z ##[error]The operation was canceled.\n",
    ]
    why = _why(read(lines))
    assert why.sentence == REPORT
    assert why.evidence[-1].doing == "waits at the barrier for 59 min 56 s"


def test_a_later_step_of_the_job_that_fails_is_not_kamals() -> None:
    lines = as_github(bare("rollback.log"), "kamal rollback v2")
    lines.append("2026-11-23T11:15:01.0000000Z ##[error]Process completed with exit code 1.\n")
    assert [each.verdict for each in told(read(lines), RunEnded)] == ["done"]
