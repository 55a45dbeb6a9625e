import pytest

from backstaff.errors import (
    BackstaffError,
    CommandFailed,
    Doomed,
    HookFailed,
    HostLost,
    HostUnreachable,
    LockHeld,
    RemoteError,
    RunCancelled,
)
from backstaff.events.facts import LockState, Outcome, PairState, PairVerdict, Phase
from backstaff.events.types import LockChanged, PhaseEnded, PhaseStarted, StepEnded, Verified
from backstaff.explain.card import failure_card
from backstaff.explain.outcome import final_state
from backstaff.explain.retry import retry_command
from tests.events.builders import (
    Script,
    a_container,
    a_failed_deploy,
    a_good_deploy,
    a_plan,
    a_run,
    at_the_barrier,
    container_event,
    line,
    pair,
    probe,
    until_boot,
    verdicts,
)

DEAD = Doomed(
    "the container exited 1 after 0.9 s", where="h2", evidence=["also h1: not healthy within 30 s"], fix="?"
)


def test_the_card_of_a_dead_container_leads_from_cause_to_way_out() -> None:
    card = a_failed_deploy(lambda board: failure_card(board, DEAD)).board.failure
    assert card is not None
    assert card.title == "boot of web on h2"
    assert (card.host, card.role) == ("h2", "web")
    assert card.cause == "the container exited 1 after 0.9 s"
    assert card.evidence == (
        "could not connect to database at db:5432",
        "was restarted twice",
        "also h1: not healthy within 30 s",
    )
    assert card.state == (
        "h1 v42 still runs, v41 serves",
        "h2 v42 stopped, v41 serves",
        "h3 and h4 v41 runs, untouched",
        "lock released",
    )
    assert card.fix == (
        'is db:5432 reachable from h2\'s network "kamal"?   '
        "backstaff app logs -d production -h h2 --container-id shop-web-production-v42"
    )
    assert card.retry == "backstaff deploy -d production -P"


def test_a_retry_that_is_given_is_shown_as_it_is() -> None:
    assert failure_card(Script().board, DEAD, retry="backstaff app boot").retry == "backstaff app boot"


def test_a_failed_step_names_itself_and_its_host() -> None:
    script = until_boot(Script())
    ended = StepEnded(
        step="pull", outcome=Outcome.DOOMED, took_s=1, host="h3", detail="the image is not in the registry"
    )
    error = Doomed("the image is not in the registry", where="h3", fix="was this version pushed?")
    card = failure_card(script.at(7, ended).board, error)
    assert (card.title, card.host, card.step) == ("pull on h3", "h3", "pull")
    assert card.fix == "was this version pushed?"


def test_a_failed_hook_is_a_step_of_this_machine() -> None:
    script = Script().at(0, a_run(), StepEnded(step="hook pre-build", outcome=Outcome.FAILED, took_s=1))
    card = failure_card(script.board, HookFailed("hook pre-build ended with status 1", evidence=["3 failed"]))
    assert (card.title, card.host) == ("hook pre-build", "")
    assert card.evidence == ("3 failed",)
    assert card.state == ()


def test_a_cancelled_run_blames_no_pair() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, pair("h1", "web", PairState.CANCELLED))
    card = failure_card(script.board, RunCancelled("the run was interrupted"))
    assert card.title == "deploy in phase boot"
    assert (card.host, card.role, card.cause) == ("", "", "the run was interrupted")


def test_a_cancelled_run_names_the_phase_that_was_broken_off_and_not_the_last_look() -> None:
    script = until_boot(Script()).at(20, PhaseEnded(phase=Phase.BOOT, outcome=Outcome.CANCELLED, took_s=9))
    script.at(
        21, PhaseStarted(phase=Phase.VERIFY), PhaseEnded(phase=Phase.VERIFY, outcome=Outcome.DONE, took_s=1)
    )
    assert failure_card(script.board, RunCancelled("interrupted")).title == "deploy in phase boot"


def test_a_container_that_the_run_itself_stopped_is_no_evidence_and_probes_are_told_once() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, probe("h1", "unexpected status (500)", 20, 25))
    script.at(50, container_event("h1", "web", "die", a_container(state="exited", exit_code=137)))
    script.at(51, pair("h1", "web", PairState.FAILED, "not healthy"))
    error = RemoteError(
        "not healthy", where="h1", evidence=["GET :3000/up -> unexpected status (500), 20 times in a row"]
    )
    assert failure_card(script.board, error).evidence == ("GET :3000/up -> status 500, 20 times",)


GAVE_UP = "target failed to become healthy within configured timeout (20s)"


def gave_up(*results: str, host: str = "h1") -> Script:
    """The proxy gave up on the new container of a host, after these checks in a row of twenty each."""
    script = at_the_barrier(until_boot(Script()))
    for place, result in enumerate(results):
        script.at(25 + place, probe(host, result, 20, 25 + place))
    return script.at(45, pair(host, "web", PairState.FAILED, GAVE_UP))


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        ("unexpected status (500)", "web answered 500 on GET /up, 20 times in 20 s"),
        ("connection refused", "nothing listens on port 3000: connection refused, 20 times in 20 s"),
        ("request timed out", "web did not answer GET /up in time, 20 times in 20 s"),
        ("the stars are wrong", "GET /up failed: the stars are wrong, 20 times in 20 s"),
    ],
)
def test_where_the_proxy_gave_up_the_cause_is_what_it_saw(result: str, cause: str) -> None:
    card = failure_card(gave_up(result).board, RemoteError(GAVE_UP, where="h1"))
    assert card.cause == cause
    assert card.evidence == (f"kamal-proxy says: {GAVE_UP}",)


def test_what_the_checks_said_before_is_evidence() -> None:
    script = gave_up("connection refused", "unexpected status (500)")
    evidence = failure_card(script.board, RemoteError(GAVE_UP, where="h1")).evidence
    assert evidence[0] == "before that: GET :3000/up -> connection refused"


def test_where_nobody_saw_a_check_the_cause_still_says_who_did_not_find_what_healthy() -> None:
    card = failure_card(gave_up().board, RemoteError(GAVE_UP, where="h1"))
    assert card.cause == "the proxy did not find web healthy within 20 s"
    assert GAVE_UP in card.evidence[0]


def test_hosts_that_failed_with_the_same_words_but_for_another_cause_are_not_called_the_same() -> None:
    script = gave_up("unexpected status (500)").at(40, probe("h2", "connection refused", 19, 40))
    script.at(46, pair("h2", "web", PairState.FAILED, GAVE_UP))
    error = RemoteError(GAVE_UP, where="h1", evidence=["the same on h2"])
    assert failure_card(script.board, error).evidence[1:] == (
        "also h2: nothing listens on port 3000: connection refused, 19 times in 20 s",
    )


def test_hosts_that_failed_alike_but_for_a_second_are_called_the_same() -> None:
    script = until_boot(Script()).at(
        20, pair("h1", "web", PairState.FAILED, "the container exited 1 after 1 s")
    )
    script.at(21, pair("h2", "web", PairState.FAILED, "the container exited 1 after 0.9 s"))
    error = Doomed("the container exited 1 after 1 s", where="h1", evidence=[f"also h2: {DEAD.what}"])
    assert failure_card(script.board, error).evidence == ("the same on h2",)


def test_the_last_words_of_an_app_are_no_evidence_for_a_lost_connection() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, line("h1", "web", "listening on 3000"))
    script.at(26, pair("h1", "web", PairState.FAILED, "the connection was lost"))
    card = failure_card(script.board, HostLost("the connection was lost", where="h1"))
    assert card.evidence == ("shop-web-production-v42 running when last seen",)


def test_a_check_that_was_refused_is_no_evidence_for_a_container_that_ended() -> None:
    script = at_the_barrier(until_boot(Script())).at(25, probe("h1", "connection refused", 3, 25))
    script.at(26, pair("h1", "web", PairState.FAILED, "out of memory"))
    assert failure_card(script.board, Doomed("out of memory", where="h1")).evidence == ()


def test_a_container_that_no_filter_finds_comes_with_the_filter_that_drops_it() -> None:
    script = until_boot(Script())
    wrong = a_container(destination="staging", name="shop-web-production-v42")
    script.at(25, container_event("h1", "web", "start", wrong))
    script.at(26, pair("h1", "web", PairState.FAILED, "no filter finds it"))
    assert failure_card(script.board, Doomed("no filter finds it", where="h1")).evidence == (
        "the filter label=destination=production drops shop-web-production-v42 (destination=staging)",
    )


def test_words_that_a_registry_says_twice_are_told_once() -> None:
    error = Doomed("not there", evidence=["manifest for x not found: manifest unknown: manifest unknown"])
    assert failure_card(Script().board, error).evidence == ("manifest for x not found: manifest unknown",)


def test_a_step_that_went_wrong_before_for_another_reason_is_not_blamed() -> None:
    script = until_boot(Script()).at(20, PhaseEnded(phase=Phase.BOOT, outcome=Outcome.DONE, took_s=9))
    script.at(21, StepEnded(step="tidy up", host="h1", outcome=Outcome.FAILED, took_s=1, detail="disk full"))
    script.at(22, PhaseStarted(phase=Phase.VERIFY))
    card = failure_card(script.board, RemoteError("h1 does not show the new version", where="h1"))
    assert card.title == "deploy in phase verify on h1"
    assert card.step == ""


def test_hosts_that_could_not_be_reached_are_the_title() -> None:
    script = Script().at(0, a_run(), a_plan(), PhaseStarted(phase=Phase.CONNECT))
    card = failure_card(script.board, HostUnreachable("2 hosts can not be used", where="h1, h3"))
    assert card.title == "connecting to h1 and h3"


def test_a_held_lock_is_told_with_nothing_changed() -> None:
    held = LockChanged(state=LockState.HELD, host="h1", details=("Locked by: bob",))
    script = Script().at(0, a_run(), a_plan(), held)
    card = failure_card(script.board, LockHeld("the deploy lock is held by bob", where="h1"))
    assert card.title == "deploy, refused by the deploy lock on h1"
    assert card.state == ("h1, h2, h3 and h4 untouched", "lock held by somebody else")


def test_evidence_is_bounded_inert_and_said_once() -> None:
    error = BackstaffError("it broke", evidence=["it broke", "\x1b[31ma", "a", *map(str, range(50))])
    evidence = failure_card(Script().board, error).evidence
    assert evidence[0] == "a"
    assert len(evidence) == 12


def test_a_lock_that_stays_behind_comes_with_the_command_that_releases_it() -> None:
    left = LockChanged(state=LockState.LEFT_BEHIND, host="h1", release="ssh h1 'rm -r .kamal/lock-shop'")
    assert final_state(Script().at(0, a_run(), left).board) == (
        "LOCK LEFT BEHIND on h1: ssh h1 'rm -r .kamal/lock-shop'",
    )


def test_what_could_not_be_observed_is_unknown_and_not_down() -> None:
    lost = PairVerdict(host="h1", role="web", expected="v42", unknown="no answer within 10 s")
    script = until_boot(Script()).at(40, Verified(pairs=(lost,)))
    assert final_state(script.board)[0] == "h1 unknown: no answer within 10 s"


def test_roles_are_named_where_a_host_has_several() -> None:
    script = until_boot(Script()).at(40, pair("h1", "job", PairState.HEALTHY))
    assert final_state(script.board)[0] == "h1 web: v41 serves, untouched, job: v42 runs"


def test_a_first_deploy_that_fails_leaves_nothing_serving() -> None:
    script = Script().at(0, a_run(), a_plan()).at(1, pair("h1", "web", PairState.FAILED, "no"))
    script.at(2, verdicts("", ""))
    assert final_state(script.board) == (
        "h1 v42 not started, nothing serves",
        "h2 nothing serves, untouched",
        "h3 and h4 nothing runs, untouched",
    )


def test_the_new_version_that_already_serves_is_not_called_stopped() -> None:
    script = until_boot(Script()).at(20, container_event("h1", "web", "start", a_container()))
    script.at(21, pair("h1", "web", PairState.FAILED, "the connection is lost"))
    seen = PairVerdict(host="h1", role="web", expected="v42", serving="v42", agrees=True)
    assert final_state(script.at(22, Verified(pairs=(seen,))).board)[0] == "h1 v42 serves"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("deploy", "backstaff deploy --skip-push --version v42 -d production -h h1,h2,h4"),
        ("rollback", "backstaff rollback v42 -d production -h h1,h2,h4"),
        ("app boot", "backstaff app boot -d production -h h1,h2,h4"),
    ],
)
def test_a_retry_leaves_out_the_hosts_that_are_done(command: str, words: str) -> None:
    argv = (*command.split(), "-d", "production")
    run = a_run().model_copy(update={"command": command, "argv": argv})
    script = Script().at(0, run, a_plan()).at(1, pair("h3", "job", PairState.HEALTHY))
    assert retry_command(script.board) == words


def test_a_run_in_which_nothing_was_done_is_repeated_as_it_was() -> None:
    run = a_run().model_copy(update={"argv": ("deploy", "--version", "a b")})
    assert retry_command(Script().at(0, run, a_plan()).board) == "backstaff deploy --version 'a b'"
    assert retry_command(Script().board) == ""
    assert retry_command(a_good_deploy().board) == "backstaff deploy -d production -P"


def gone_back(*states: PairState, serving: tuple[str, ...]) -> tuple[str, ...]:
    """How web on h1, h2, … stands after each went back, or not."""
    script = until_boot(Script())
    for number, (state, version) in enumerate(zip(states, serving, strict=True), start=1):
        seen = PairVerdict(host=f"h{number}", role="web", expected="v42", serving=version)
        script.at(40 + number, pair(f"h{number}", "web", state), Verified(pairs=(seen,)))
    seen_all = [
        PairVerdict(host=f"h{number}", role="web", expected="v42", serving=version)
        for number, version in enumerate(serving, start=1)
    ]
    return final_state(script.at(60, Verified(pairs=tuple(seen_all))).board)


def test_what_was_rolled_back_says_from_where_to_where() -> None:
    back = PairState.ROLLED_BACK
    assert gone_back(back, back, serving=("v41", "v41"))[0] == "h1 and h2 v42 rolled back to v41"


def test_what_went_back_to_something_else_says_what_serves() -> None:
    assert gone_back(PairState.ROLLED_BACK, serving=("v40",))[0] == "h1 rolled back, v40 serves"


def test_what_could_not_go_back_still_serves_the_new_version() -> None:
    assert gone_back(PairState.NOT_ROLLED_BACK, serving=("v42",))[0] == "h1 v42 serves, not rolled back"


def test_progress_that_a_command_drew_is_one_line_and_the_error_after_it_the_last() -> None:
    progress = "\r".join(f"{percent} % received" for percent in range(60))
    error = CommandFailed("curl ended with status 22", status=22, stderr=f"{progress}\ncurl: (22) 500\n")
    board = Script().at(0, a_run(), a_plan()).board
    assert failure_card(board, error).evidence == ("0 % received … 59 % received", "curl: (22) 500")
