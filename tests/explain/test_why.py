import pytest

from backstaff.events.board import Board
from backstaff.events.facts import (
    BarrierState,
    ContainerFacts,
    Explanation,
    HealthProbe,
    HostEvidence,
    HostState,
    LockState,
    Outcome,
    PairState,
    WaitKind,
)
from backstaff.events.types import (
    BarrierChanged,
    ContainersSeen,
    FunnelSeen,
    HostChanged,
    LockChanged,
    Output,
    Progress,
    StepStarted,
    WaitEnded,
)
from backstaff.explain.brief import brief, explanation_lines
from backstaff.explain.funnel import build_funnel, image_filter, role_filters
from backstaff.explain.why import MOST_HOSTS, advice_when_over, barrier_left_s, explain_wait, openers
from tests.events.builders import (
    Script,
    a_container,
    a_plan,
    a_run,
    a_stuck_barrier,
    at_the_barrier,
    container_event,
    line,
    pair,
    probe,
    until_boot,
    wait,
    waits_without_a_limit,
)

STUCK = """\
h2 web  no container passes the filters
        label=service=shop            3
        label=destination=production  2  dropped shop-web-staging-v3 (destination=staging)
        label=role=web                1  dropped shop-job-production-v41 (role=job)
        status running|restarting     0  dropped shop-web-production-v42 (exited (1))
        shop-web-production-v42 exited 1 after 0.9 s
        was restarted twice
        > could not connect to database at db:5432
h1 web  shop-web-production-v42 running
        GET :3000/up -> status 500, 9 times
next: the barrier fails when h1's time ends in 18 s; is db:5432 reachable from h2's network "kamal"?"""


def explained(board: Board, wait: int, now_t: float = 32) -> Explanation:
    return explain_wait(board, wait, now_t)


def test_a_stuck_barrier_shows_what_each_host_that_could_open_it_is_doing() -> None:
    why = explained(a_stuck_barrier().board, 1)
    assert why.sentence == "job@h3 waits for the first healthy web container"
    assert "\n".join(explanation_lines(why)) == STUCK


def test_the_cause_in_one_line_names_the_filter_that_nothing_passes_and_the_probes() -> None:
    why = explained(a_stuck_barrier().board, 1)
    assert brief(why) == [
        "h2 web: no container passes status running|restarting (shop-web-production-v42: exited (1))",
        "h1 web: GET :3000/up -> status 500, 9 times",
    ]


def test_hosts_that_show_the_same_are_told_together_and_what_one_shows_of_itself_without_its_name() -> None:
    script = at_the_barrier(until_boot(Script()))
    for host in ("h1", "h2"):
        script.at(25, probe(host, "connection refused", 4, 25))
    refused = "GET :3000/up -> connection refused, 4 times"
    assert brief(explained(script.board, 1, 26)) == [f"h1 and h2 web: {refused}"]
    assert brief(explained(script.board, 3, 26), about=("h1", "web")) == [refused]
    assert brief(explained(script.board, 3, 26), about=("h1", "job")) == [f"h1 web: {refused}"]


def test_only_the_first_causes_are_told_in_short_and_the_other_hosts_counted() -> None:
    evidence = tuple(HostEvidence(host=f"h{n}", role="web", doing=f"does {n // 2}") for n in range(10))
    why = Explanation(sentence="", evidence=evidence)
    assert brief(why, most=2) == ["h0 and h1 web: does 0", "h2 and h3 web: does 1", "6 more"]


def test_an_explanation_depends_on_the_board_and_the_time_alone() -> None:
    script = a_stuck_barrier()
    replayed = Board()
    for event in script.events:
        replayed.fold(event)
    assert explained(script.board, 1) == explained(replayed, 1)


def test_a_barrier_whose_hosts_come_in_a_later_group_says_so() -> None:
    """The deadlock that this tool was written for: the group that waits comes before the one that opens."""
    plan = a_plan()
    later = tuple(each.model_copy(update={"group": 2 if each.role == "web" else 1}) for each in plan.pairs)
    script = Script().at(0, a_run(), plan.model_copy(update={"pairs": later}))
    closed = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=("h1",), waiting=("job@h3",))
    script.at(1, closed, wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container"))
    why = explained(script.board, 1, 5)
    assert [each.doing for each in why.evidence] == ["not started: its group 2 comes after group 1"] * 2
    assert why.advice == ("no host can open the barrier: h1 comes in a later group, which waits for this one")


def test_of_the_hosts_that_can_open_a_barrier_only_those_of_no_later_group_count() -> None:
    plan = a_plan()
    later = tuple(each.model_copy(update={"group": 2 if each.host == "h2" else 1}) for each in plan.pairs)
    script = Script().at(0, a_run(), plan.model_copy(update={"pairs": later}))
    hosts = ("h1", "h2")
    closed = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=hosts, waiting=("job@h3",))
    script.at(1, closed, wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container"))
    assert explained(script.board, 1, 5).advice == "next: h1 can still open it"


def test_a_host_that_is_lost_or_quiet_is_told_before_anything_else_about_it() -> None:
    script = at_the_barrier(until_boot(Script()))
    script.at(25, HostChanged(host="h1", state=HostState.LOST, detail="connection reset by peer"))
    script.at(25, HostChanged(host="h2", state=HostState.QUIET, detail="no answer for 6 s"))
    doing = {each.host: each.doing for each in explained(script.board, 1, 26).evidence}
    assert doing == {
        "h1": "the connection is lost: connection reset by peer",
        "h2": "gives no sign of life: no answer for 6 s",
    }


def test_a_barrier_that_nobody_can_open_says_so() -> None:
    script = at_the_barrier(until_boot(Script()))
    gone = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=(), waiting=("job@h3",))
    assert "no host can open the barrier any more" in explained(script.at(30, gone).board, 1).advice


def test_hosts_that_still_pull_or_prepare_show_it() -> None:
    script = Script().at(0, a_run(), a_plan())
    closed = BarrierChanged(
        barrier="web", state=BarrierState.CLOSED, can_open=("h1", "h2"), waiting=("job@h3",)
    )
    script.at(1, closed, wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container"))
    script.at(1, pair("h1", "web", PairState.PULLING), StepStarted(step="pull", host="h1"))
    script.at(1, Progress(subject="pull", host="h1", current=12_000_000, total=48_000_000))
    create = StepStarted(step="create the container", host="h2", role="web")
    script.at(1, pair("h2", "web", PairState.CREATING), create)
    doing = {each.host: each.doing for each in explained(script.board, 1, 2).evidence}
    assert doing == {"h1": "pulling, 12 MB of 48 MB", "h2": "create the container"}


def test_many_hosts_are_counted_beyond_the_first_ones() -> None:
    hosts = tuple(f"w{number}" for number in range(MOST_HOSTS + 5))
    script = Script().at(0, a_run())
    for host in hosts:
        script.at(0, pair(host, "web", PairState.CHECKING))
    closed = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=hosts, waiting=("job@h3",))
    script.at(1, closed, wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container"))
    evidence = explained(script.board, 1, 2).evidence
    assert len(evidence) == MOST_HOSTS + 1
    assert (evidence[-1].host, evidence[-1].doing) == ("5 more", "5 checking")


def test_the_proxys_wait_shows_its_probes_and_what_they_point_to() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, probe("h1", "unexpected status (404)", 4, 25))
    why = explained(script.board, 3, 26)
    assert why.sentence == "web@h1 waits for the proxy to find it healthy"
    assert why.evidence[0].lines == ("GET :3000/up -> status 404, 4 times",)
    assert "proxy.healthcheck.path" in why.advice


def test_a_containers_own_healthcheck_is_evidence() -> None:
    sick = a_container(health="unhealthy").model_copy(
        update={"health_log": (HealthProbe(at="x", exit_code=1, output="curl: (7)\nrefused\x1b[0m"),)}
    )
    script = at_the_barrier(until_boot(Script())).at(25, container_event("h1", "web", "health_status", sick))
    (evidence,) = explained(script.board, 3, 26).evidence
    assert evidence.doing == "shop-web-production-v42 running, health: unhealthy"
    assert evidence.lines == ("its HEALTHCHECK exits 1: curl: (7) refused",)


def test_a_restart_loop_tells_how_close_it_is_to_being_given_up() -> None:
    again = a_container(state="restarting", exit_code=1, ran_s=0.5, restarts=2)
    script = at_the_barrier(until_boot(Script())).at(25, container_event("h1", "web", "die", again))
    (evidence,) = explained(script.board, 3, 26).evidence
    assert evidence.lines == ("2 of 3 restarts before giving up",)


def test_a_container_with_a_wrong_label_is_a_case_for_the_funnel() -> None:
    wrong = a_container(destination="staging", name="shop-web-production-v42")
    script = at_the_barrier(until_boot(Script()))
    script.at(25, ContainersSeen(host="h1", containers=(wrong,)), pair("h1", "web", PairState.STARTING))
    (evidence,) = explained(script.board, 3, 26).evidence
    assert evidence.doing == "no container passes the filters"
    assert evidence.funnel is not None
    assert evidence.funnel.rows[1].dropped[0].value == "destination=staging"


def test_a_running_container_under_another_image_name_is_no_mystery() -> None:
    running = a_container()
    filters = [*role_filters("shop", "production", "web"), image_filter("sha256:1")]
    script = at_the_barrier(until_boot(Script()))
    script.at(25, FunnelSeen(funnel=build_funnel("h1", "web", (running,), filters)))
    (evidence,) = explained(script.board, 3, 26).evidence
    assert evidence.funnel is None
    assert evidence.doing == "shop-web-production-v42 running"


def test_a_host_without_any_container_is_told_in_words() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, ContainersSeen(host="h1", containers=()))
    assert "there is no container of this service on the host" in "\n".join(
        explanation_lines(explained(script.board, 3, 26))
    )


def test_a_hooks_wait_shows_what_it_wrote_since_it_began() -> None:
    script = Script().at(0, a_run(), Output(source="hook", name="pre-connect", text="earlier"))
    script.at(1, wait(1, WaitKind.HOOK, "", "", "hook pre-build", 300))
    assert explained(script.board, 1, 2).sentence == "this machine waits: hook pre-build"
    assert explained(script.board, 1, 2).evidence[0].doing == "it has written nothing yet"
    script.at(3, Output(source="hook", name="pre-build", text="\x1b[1m10 tests\x1b[0m"))
    assert explained(script.board, 1, 4).evidence[0].output == ("10 tests",)


def test_a_pulls_wait_shows_how_far_it_is() -> None:
    script = Script().at(0, a_run(), wait(1, WaitKind.PULL, "h1", "", "pull shop:v42", 60))
    assert explained(script.board, 1, 2).evidence == ()
    script.at(3, Progress(subject="pull", host="h1", current=900, total=0, text="Extracting"))
    why = explained(script.board, 1, 4)
    assert why.evidence[0].doing == "has 900 B, Extracting"
    assert why.advice == "given up when nothing moves for 1 min"


def test_a_held_lock_shows_its_holder_and_how_to_break_it() -> None:
    held = LockChanged(
        state=LockState.HELD,
        host="h1",
        details=("Locked by: bob", "Message: deploying"),
        release="rm -r lock",
    )
    script = Script().at(0, a_run(), held, wait(1, WaitKind.LOCK, "h1", "", "the deploy lock", 900))
    why = explained(script.board, 1, 2)
    assert why.evidence[0].lines == ("Locked by: bob", "Message: deploying")
    assert "rm -r lock" in why.advice


@pytest.mark.parametrize("host", ["h1", "deploy@h1:2222", "[::1]:22"])
def test_a_wait_for_a_connection_gives_no_command_that_would_go_elsewhere(host: str) -> None:
    script = Script().at(0, wait(1, WaitKind.CONNECT, host, "", "a connection", 15))
    advice = explained(script.board, 1, 1).advice
    assert f"ssh {host}" not in advice
    assert f"log in to {host} with ssh" in advice


@pytest.mark.parametrize("kind", WaitKind)
def test_every_kind_of_wait_has_a_sentence_and_says_what_comes(kind: WaitKind) -> None:
    script = at_the_barrier(until_boot(Script())).at(30, wait(9, kind, "h1", "web", "it\x1b[31m", 30))
    why = explained(script.board, 9, 31)
    assert why.sentence.startswith("web@h1 waits")
    assert "\x1b" not in why.sentence
    assert why.advice


@pytest.mark.parametrize("kind", WaitKind)
def test_a_wait_on_an_empty_board_is_explained_too(kind: WaitKind) -> None:
    script = Script().at(0, wait(1, kind, "", "", "something", 30))
    assert explained(script.board, 1, 1).sentence.startswith("this machine waits")


def test_a_wait_that_is_over_is_no_error() -> None:
    assert explained(Board(), 7).sentence == "this wait is over"


def test_hostile_output_is_inert_in_an_explanation() -> None:
    hostile = ContainerFacts(
        id="x", name="\x1b[2Jshop-web-v42", image="i", state="created", error="\x9b31mno"
    )
    script = at_the_barrier(until_boot(Script())).at(25, container_event("h1", "web", "start", hostile))
    script.at(25, line("h1", "web", "\x1b]0;owned\x07panic\r\x1b[2K"))
    text = explained(script.board, 1, 26).model_dump_json()
    assert "\\u001b" not in text
    assert "\x9b" not in text
    assert "owned" not in text


def test_a_barrier_does_not_fail_by_itself_while_a_host_may_take_as_long_as_it_likes() -> None:
    board = waits_without_a_limit().board
    assert barrier_left_s(board, board.waits[1], 32) is None
    assert explain_wait(board, 1, 32).advice == "next: h1 and h2 can still open it"


def test_a_barrier_fails_when_the_last_host_that_could_open_it_has_no_time_left() -> None:
    board = a_stuck_barrier().board
    assert barrier_left_s(board, board.waits[1], 32) == pytest.approx(18.3)
    assert barrier_left_s(board, board.waits[3], 32) is None, "this is no wait at a barrier"


def test_when_a_barrier_fails_is_not_known_while_a_host_has_no_limit_or_only_has_to_stay_up() -> None:
    script = at_the_barrier(until_boot(Script()))
    script.at(22, WaitEnded(wait=4, outcome=Outcome.DONE, took_s=1.7))
    assert barrier_left_s(script.board, script.board.waits[1], 23) is None
    script.at(24, wait(9, WaitKind.READINESS, "h2", "web", "7 s without a restart", 8))
    assert barrier_left_s(script.board, script.board.waits[1], 25) is None
    assert "h1 and h2 can still open it" in explained(script.board, 1, 25).advice


def test_hosts_of_a_later_group_are_not_told_as_those_that_can_open_a_barrier() -> None:
    plan = a_plan()
    later = tuple(each.model_copy(update={"group": 2 if each.host == "h2" else 1}) for each in plan.pairs)
    script = Script().at(0, a_run(), plan.model_copy(update={"pairs": later}))
    hosts = ("h1", "h2")
    closed = BarrierChanged(barrier="web", state=BarrierState.CLOSED, can_open=hosts, waiting=("job@h3",))
    script.at(1, closed)
    barrier = script.board.barriers["web"]
    assert openers(script.board, barrier) == hosts
    script.at(1, wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container"))
    assert openers(script.board, script.board.barriers["web"]) == ("h1",)


@pytest.mark.parametrize(
    ("advice", "left"),
    [
        ("given up when the time is over; on h1: systemctl status docker", "on h1: systemctl status docker"),
        ("given up when nothing moves for 1 min", ""),
        ("the command is ended when the time is over", ""),
        ("the app answers 500: see its log", "the app answers 500: see its log"),
        ("", ""),
    ],
)
def test_once_the_time_is_over_it_is_no_advice_that_this_ends_the_wait(advice: str, left: str) -> None:
    assert advice_when_over(advice) == left
