import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.board import Board
from backstaff.events.facts import BarrierState, HostState, LockState, Outcome, PairState, Phase, WaitKind
from backstaff.events.types import (
    BarrierChanged,
    Body,
    CommandRun,
    Event,
    HostChanged,
    LockChanged,
    Notice,
    Output,
    PhaseEnded,
    PlanMade,
    StepEnded,
    WaitEnded,
    WaitExplained,
    WaitStarted,
)
from backstaff.explain.why import explain_wait
from backstaff.headless.line import Detail, Line
from backstaff.headless.lines import lines_of
from tests.events.builders import (
    START,
    Script,
    a_container,
    a_plan,
    a_run,
    at_the_barrier,
    container_event,
    line,
    pair,
    probe,
    until_boot,
    wait,
)
from tests.events.strategies import any_event


def told(script: Script, *bodies: Body, detail: Detail = Detail.NORMAL) -> list[str]:
    """What the last of `bodies` prints when they follow on a script."""
    script.at(script.t + 1, *bodies[:-1])
    event = Event(seq=999, at=START, t=script.t + 1, body=bodies[-1])
    return texts(lines_of(event, script.board), detail)


def texts(lines: list[Line], detail: Detail = Detail.NORMAL) -> list[str]:
    """What is printed of `lines` where there is room."""
    return [each.whole for each in lines if each.needs <= detail <= each.until]


@given(st.lists(any_event, max_size=12))
def test_any_sequence_of_events_prints_inert_single_lines(events: list[Event]) -> None:
    board = Board()
    for event in events:
        for each in lines_of(event, board):
            assert each.text.isprintable()
            assert all(part.isprintable() for part in each.parts)
        board.fold(event)


def test_a_state_that_does_not_change_is_not_told_again() -> None:
    again = pair("h1", "web", PairState.STARTING, "shop-web-v42")
    assert told(Script(), again) == ["starts shop-web-v42"]
    assert told(Script(), again, again) == []


def test_a_healthy_pair_tells_what_it_replaced() -> None:
    script = until_boot(Script())
    assert told(script, pair("h1", "web", PairState.HEALTHY)) == ["healthy: v41 -> v42"]
    assert told(Script().at(0, a_run()), pair("h1", "web", PairState.HEALTHY)) == ["healthy: v42"]
    kept = pair("h1", "web", PairState.HEALTHY, "since run X")
    assert told(script, kept) == ["healthy: v42, since run X"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PairState.QUEUED, "queued"),
        (PairState.SWITCHING, "switches"),
        (PairState.STOPPING_OLD, "stops the old container"),
        (PairState.FAILED, "FAILED"),
        (PairState.HALTED, "not booted"),
        (PairState.ROLLING_BACK, "goes back"),
        (PairState.ROLLED_BACK, "rolled back"),
        (PairState.NOT_ROLLED_BACK, "NOT ROLLED BACK"),
        (PairState.CANCELLED, "cancelled"),
    ],
)
def test_states_without_a_detail_are_whole_phrases(state: PairState, words: str) -> None:
    assert told(Script(), pair("h1", "web", state)) == [words]


def test_the_end_of_the_new_container_is_told_with_its_last_words_and_that_of_an_old_one_is_not() -> None:
    dead = a_container(state="exited", exit_code=137, ran_s=3, oom_killed=True)
    script = at_the_barrier(until_boot(Script())).at(22, line("h1", "web", "loading\x1b[K"))
    assert told(script, container_event("h1", "web", "die", dead)) == [
        'exited 137 after 3 s, out of memory: "loading"'
    ]
    old = a_container(version="v41", state="exited", exit_code=0)
    assert told(script, container_event("h1", "web", "die", old)) == []


def test_a_restart_is_told_with_the_limit() -> None:
    script = at_the_barrier(until_boot(Script()))
    again = a_container(state="restarting", exit_code=1, ran_s=0.5, restarts=1)
    assert told(script, container_event("h1", "web", "die", again)) == [
        "exited 1 after 0.5 s (restart 1 of 3)"
    ]


def test_a_probe_is_told_when_its_result_changes() -> None:
    script = at_the_barrier(until_boot(Script()))
    refused = probe("h1", "connection refused", 1, 21)
    assert told(script, refused) == ["GET :3000/up -> connection refused"]
    assert told(script, refused, probe("h1", "connection refused", 2, 22)) == []
    assert told(script, probe("h1", "unexpected status (404)", 1, 23)) == ["GET :3000/up -> status 404"]


def test_hook_and_build_output_is_always_told_and_container_output_on_request() -> None:
    hook = Output(source="hook", name="pre-build", text="\x1b[32mok\r\n")
    assert told(Script(), hook) == ["hook pre-build | ok"]
    assert told(Script(), Output(source="build", text="#5 CACHED")) == ["build | #5 CACHED"]
    assert told(Script(), line("h1", "web", "hello")) == []
    assert told(Script(), line("h1", "web", "hello"), detail=Detail.VERBOSE) == ["| hello"]


def test_commands_are_told_on_request_with_how_they_ended() -> None:
    command = CommandRun(line="docker ps", took_s=0.12, status=1, error="no permission")
    assert told(Script(), command) == []
    assert told(Script(), command, detail=Detail.VERBOSE) == ["$ docker ps  (0.1 s, status 1): no permission"]
    lost = command.model_copy(update={"status": None, "error": ""})
    assert told(Script(), lost, detail=Detail.VERBOSE) == ["$ docker ps  (0.1 s, no status)"]


def test_ordinary_calls_are_told_only_once_they_last() -> None:
    call = wait(1, WaitKind.DOCKER, "h1", "", "docker ps", 10, quiet=True)
    script = Script().at(0, HostChanged(host="h1", state=HostState.QUIET, detail="no answer for 4 s"))
    assert told(script, call) == []
    script.at(1, call).explain(4, 1, heartbeat=True)
    still = "Docker has not answered yet: docker ps, 7 s left"
    silent = lines_of(script.events[-1], script.board)
    assert texts(silent) == []
    assert texts(silent, Detail.VERBOSE)[0] == still
    script.at(5, HostChanged(host="h1", state=HostState.CONNECTED)).explain(5, 1, heartbeat=True)
    assert texts(lines_of(script.events[-1], script.board)) == [still.replace("7", "6")]
    ended = WaitEnded(wait=1, outcome=Outcome.DONE, took_s=5)
    assert told(script, ended) == ["Docker answered after 5 s: docker ps"]


@pytest.mark.parametrize(
    ("kind", "cause", "still", "at_last"),
    [
        (WaitKind.CONNECT, "connect to h1 (15 s a try)",
         "still tries to connect to h1 (15 s a try), 57 s left", "connected after 5 s"),
        (WaitKind.COMMAND, "prepare the host", "still runs: prepare the host, 57 s left",
         "took 5 s: prepare the host"),
    ],
)  # fmt: skip
def test_a_call_that_lasts_says_what_goes_on_and_at_last_how_long_it_took(
    kind: WaitKind, cause: str, still: str, at_last: str
) -> None:
    script = Script().at(1, wait(1, kind, "h1", "", cause, 60, quiet=True)).explain(4, 1, heartbeat=True)
    assert texts(lines_of(script.events[-1], script.board)) == [still]
    assert told(script, WaitEnded(wait=1, outcome=Outcome.DONE, took_s=5)) == [at_last]


def test_only_one_of_those_that_wait_at_a_barrier_speaks_for_all() -> None:
    script = at_the_barrier(until_boot(Script())).explain(30, 1, heartbeat=True)
    (text,) = texts(lines_of(script.events[-1], script.board))
    assert text == "still waiting (job on h4 too), 35 s left: h1 and h2 web: shop-web-production-v42 running"
    script.explain(30, 2, heartbeat=True)
    assert lines_of(script.events[-1], script.board) == []


def test_a_wait_without_a_limit_has_no_time_left() -> None:
    at_barrier = wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container", 0)
    assert told(Script(), at_barrier) == ["waits for the first healthy web container (no limit)"]
    assert told(Script(), wait(1, WaitKind.HOOK, "", "", "hook pre-build", 0)) == [
        "hook pre-build (no limit)"
    ]
    silent = WaitStarted(wait=1, what=WaitKind.BUILD, cause="docker build", owner="", limit_s=0, silence=True)
    assert told(Script(), silent) == ["docker build (no limit)"]
    script = Script().at(1, at_barrier)
    why = explain_wait(script.board, 1, 9)
    assert told(script, WaitExplained(wait=1, why=why, left_s=0, heartbeat=True)) == [
        "still waiting, no limit"
    ]


def test_a_wait_names_its_limit() -> None:
    assert told(Script(), wait(1, WaitKind.HEALTH, "h1", "web", "it to stay up", 37)) == [
        "waits for it to stay up (at most 37 s)"
    ]
    pause = wait(1, WaitKind.PAUSE, "", "", "boot.wait between groups", 5)
    assert told(Script(), pause) == ["pauses for 5 s: boot.wait between groups"]
    assert told(Script(), wait(1, WaitKind.HOOK, "", "", "hook pre-build", 300)) == [
        "hook pre-build (at most 5 min)"
    ]
    build = WaitStarted(wait=1, what=WaitKind.BUILD, cause="docker build", owner="", limit_s=60, silence=True)
    assert told(Script(), build) == ["docker build (given up after 1 min of silence)"]


def test_hosts_are_told_when_something_is_wrong_with_them_or_right_again() -> None:
    quiet = HostChanged(host="h1", state=HostState.QUIET, detail="no answer for 4 s")
    connected = HostChanged(host="h1", state=HostState.CONNECTED, docker="27.3.1")
    assert told(Script(), connected) == []
    assert told(Script(), connected, detail=Detail.VERBOSE) == ["connected, Docker 27.3.1"]
    assert told(Script(), quiet) == ["gives no sign of life: no answer for 4 s"]
    assert told(Script(), quiet, connected) == ["answers again"]
    lost = HostChanged(host="h1", state=HostState.LOST, detail="reset")
    assert told(Script(), lost, detail=Detail.QUIET) == ["connection lost: reset"]
    refused = HostChanged(host="h1", state=HostState.UNREACHABLE, detail="refused")
    assert told(Script(), refused, detail=Detail.QUIET) == ["can not be reached: refused"]


def test_the_lock_is_told_and_one_left_behind_even_to_the_quiet() -> None:
    left = LockChanged(state=LockState.LEFT_BEHIND, host="h1", release="ssh h1 'rm -r lock'")
    assert told(Script(), left, detail=Detail.QUIET) == [
        "LOCK LEFT BEHIND, release it with: ssh h1 'rm -r lock'"
    ]
    held = LockChanged(state=LockState.HELD, host="h1", details=("Locked by: bob", "Version: v9"))
    assert told(Script(), held) == ["lock held: Locked by: bob; Version: v9"]
    grace = ("Locked by: Grace at 2026-11-23T11:00:00Z", "Version: v7", "Message: Automatic deploy lock")
    assert told(Script(), LockChanged(state=LockState.HELD, host="h1", details=grace)) == [
        "lock held by Grace since 2026-11-23T11:00:00Z (v7: Automatic deploy lock)"
    ]
    assert told(Script(), LockChanged(state=LockState.FREE, host="h1")) == []


def test_a_barrier_is_told_when_it_opens_or_fails_and_not_at_each_mention() -> None:
    opened = BarrierChanged(barrier="web", state=BarrierState.OPEN, reason="web is healthy on h1")
    assert told(Script(), opened) == ["barrier web is open: web is healthy on h1"]
    assert told(Script(), opened, opened) == []
    assert told(Script(), BarrierChanged(barrier="web", state=BarrierState.CLOSED)) == []


def test_a_barrier_speaks_for_all_who_stand_at_it() -> None:
    script = at_the_barrier(until_boot(Script()))
    waiting = ("job@h3", "job@h4")
    failed = BarrierChanged(
        barrier="web", state=BarrierState.FAILED, waiting=waiting, reason="no … (h1: x; h2: x)"
    )
    assert told(script, failed, detail=Detail.QUIET) == [
        "barrier web failed: no web container became healthy; job on h3 and h4 not booted"
    ]
    assert told(script, failed, WaitEnded(wait=1, outcome=Outcome.DONE, took_s=5)) == []
    assert told(script, pair("h3", "job", PairState.HALTED, "no web container became healthy")) == []
    late = pair("h5", "job", PairState.HALTED, "no web container became healthy")
    assert told(script, late) == ["not booted: no web container became healthy"]


def test_a_barrier_that_opens_tells_who_goes_on_after_how_long() -> None:
    script = at_the_barrier(until_boot(Script()), 20).at(31)
    opened = BarrierChanged(
        barrier="web", state=BarrierState.OPEN, waiting=("job@h3", "job@h4"), reason="web is healthy on h1"
    )
    assert told(script, opened) == ["barrier web is open: web is healthy on h1; job on h3 and h4 waited 13 s"]
    assert told(script, opened, WaitEnded(wait=1, outcome=Outcome.DONE, took_s=12)) == []


def test_groups_that_never_begin_are_one_line_without_the_cause_that_was_told() -> None:
    script = Script().at(0, a_run(), a_plan(job_first=True))
    script.at(1, pair("h1", "web", PairState.FAILED, "it exited"))
    reason = "an earlier group failed: it exited"
    first, second = (pair(host, "job", PairState.HALTED, reason) for host in ("h3", "h4"))
    assert told(script, first, detail=Detail.QUIET) == ["job on h3 and h4 not booted: group 1 failed"]
    assert told(script, first, second) == []


def test_a_failed_pair_tells_what_the_proxy_saw_and_not_that_its_time_was_up() -> None:
    script = at_the_barrier(until_boot(Script())).at(40, probe("h1", "connection refused", 20, 40))
    gave_up = "target failed to become healthy within configured timeout (20s)"
    assert told(script, pair("h1", "web", PairState.FAILED, gave_up)) == [
        "FAILED: nothing listens on port 3000: connection refused, 20 times in 20 s"
    ]


def test_what_follows_from_the_loss_of_a_host_is_for_those_who_want_it_all() -> None:
    follows = Notice(level="info", host="h1", text="Docker's events stopped: the connection was lost")
    script = Script().at(1, HostChanged(host="h1", state=HostState.LOST))
    assert told(script, follows) == []
    assert told(script, follows, detail=Detail.VERBOSE) == [follows.text]


def test_the_plan_is_told_with_its_warnings() -> None:
    plan = a_plan().model_copy(update={"warnings": ("job has no health check",)})
    assert told(Script(), plan) == [
        "4 hosts, 1 boot group; job waits for the first healthy web container",
        "warning: job has no health check",
    ]
    alone = PlanMade(hosts=("h1",), pairs=(), groups=(("h1",),), phases=())
    assert told(Script(), alone) == ["1 host, 1 boot group"]


def test_a_failed_step_is_told_unless_its_pair_tells_it() -> None:
    ended = StepEnded(step="pull", outcome=Outcome.FAILED, took_s=2, host="h1", detail="denied")
    assert told(Script(), ended, detail=Detail.QUIET) == ["could not pull: denied"]
    assert told(Script(), ended.model_copy(update={"role": "web"})) == []
    assert told(Script(), ended.model_copy(update={"outcome": Outcome.SKIPPED})) == []


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("pull", "could not pull: no"),
        ("release the deploy lock", "could not release the deploy lock: no"),
        ("hook pre-build", "hook pre-build failed: no"),
        ("docker buildx build", "docker buildx build failed: no"),
    ],
)
def test_a_step_that_went_wrong_is_told_in_a_sentence(step: str, words: str) -> None:
    assert told(Script(), StepEnded(step=step, outcome=Outcome.DOOMED, took_s=0, detail="no")) == [words]


def test_the_reason_of_a_step_is_told_for_the_first_host_and_the_others_refer_to_it() -> None:
    first = StepEnded(step="pull", outcome=Outcome.DOOMED, took_s=0.1, host="h1", detail="no such image")
    again = first.model_copy(update={"host": "h2"})
    assert told(Script(), first, again) == ["could not pull, as on h1"]
    assert told(Script(), first, again.model_copy(update={"detail": "denied"})) == ["could not pull: denied"]


def test_a_phase_that_ends_at_the_lock_does_not_say_that_its_own_work_failed() -> None:
    held = LockChanged(state=LockState.HELD, host="h1", details=("Locked by: bob",))
    ended = PhaseEnded(phase=Phase.CONNECT, outcome=Outcome.FAILED, took_s=1.5)
    assert told(Script(), held, ended) == ["connect ended by the lock after 1.5 s"]


def test_a_phase_that_took_no_time_does_not_say_how_much() -> None:
    assert told(Script(), PhaseEnded(phase=Phase.LOCK, outcome=Outcome.DONE, took_s=0.04)) == ["lock done"]


def test_a_phase_tells_its_time_and_a_failed_one_that_it_failed() -> None:
    assert told(Script(), PhaseEnded(phase=Phase.PULL, outcome=Outcome.DONE, took_s=4.1)) == [
        "pull done in 4.1 s"
    ]
    assert told(Script(), PhaseEnded(phase=Phase.PULL, outcome=Outcome.CANCELLED, took_s=4.1)) == [
        "pull cancelled after 4.1 s"
    ]
    assert told(Script(), PhaseEnded(phase=Phase.BOOT, outcome=Outcome.DOOMED, took_s=4.1)) == [
        "boot failed after 4.1 s"
    ]


def test_notices_are_told_and_warnings_marked() -> None:
    assert told(Script(), Notice(level="info", text="two uncommitted files")) == ["two uncommitted files"]
    assert told(Script(), Notice(level="warning", text="\x07x")) == ["warning: x"]
