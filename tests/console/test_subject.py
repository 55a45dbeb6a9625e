"""What the console looks at by itself."""

from backstaff.console.subject import RUN, Subject, most_urgent, shown_waits, waits_of
from backstaff.events.facts import HostState, Outcome, PairState, WaitKind
from backstaff.events.types import HostChanged, WaitEnded
from tests.events.builders import Script, a_good_deploy, a_stuck_barrier, pair, until_boot, wait
from tests.headless.pictures import failed


def a_booting_run() -> Script:
    return until_boot(Script())


def test_who_waits_at_a_barrier_comes_before_what_has_failed() -> None:
    assert most_urgent(a_stuck_barrier().board) == Subject("h3", "job")


def test_a_failed_role_comes_before_other_waits() -> None:
    script = a_booting_run()
    script.at(7, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"), pair("h2", "web", PairState.FAILED))
    assert most_urgent(script.board) == Subject("h2", "web")


def test_the_wait_that_holds_up_most_comes_first_and_among_equals_the_longest() -> None:
    script = a_booting_run()
    script.at(7, wait(1, WaitKind.STOP, "h1", "web", "the old container"))
    script.at(8, wait(2, WaitKind.HEALTH, "h4", "job", "health"))
    script.at(9, wait(3, WaitKind.HEALTH, "h3", "job", "health"))
    assert most_urgent(script.board) == Subject("h4", "job")


def test_it_stays_where_it_is_as_long_as_nothing_is_more_urgent() -> None:
    script = a_stuck_barrier()
    assert most_urgent(script.board, Subject("h4", "job")) == Subject("h4", "job")
    assert most_urgent(script.board, Subject("h1", "web")) == Subject("h3", "job")


def test_a_role_that_goes_on_keeps_the_view_when_nothing_waits() -> None:
    script = a_booting_run()
    script.at(7, pair("h1", "web", PairState.STARTING))
    assert most_urgent(script.board, Subject("h1", "web")) == Subject("h1", "web")
    script.at(8, pair("h1", "web", PairState.HEALTHY))
    assert most_urgent(script.board, Subject("h1", "web")) == RUN


def test_ordinary_calls_are_looked_at_only_when_they_last() -> None:
    script = a_booting_run()
    script.at(7, wait(1, WaitKind.DOCKER, "h1", "", "list containers", quiet=True))
    assert most_urgent(script.board) == RUN
    assert not shown_waits(script.board)
    script.explain(12, 1)
    assert most_urgent(script.board) == Subject("h1")


def test_a_host_that_is_gone_is_looked_at_when_nothing_waits() -> None:
    script = a_booting_run()
    script.at(7, HostChanged(host="h2", state=HostState.LOST, detail="keepalive"))
    assert most_urgent(script.board) == Subject("h2")


def test_at_the_end_it_looks_at_the_failure_or_the_summary() -> None:
    script = Script()
    for event in failed():
        script.board.fold(event)
    assert most_urgent(script.board, Subject("h4", "job")) == Subject("h2", "web")
    assert most_urgent(a_good_deploy().board, Subject("h4", "job")) == RUN


def test_a_role_has_its_own_waits_first_and_then_those_of_its_host() -> None:
    script = a_booting_run()
    script.at(7, wait(1, WaitKind.CONNECT, "h1", "", "connect to h1"))
    script.at(8, wait(2, WaitKind.STOP, "h1", "web", "its end"))
    script.at(9, wait(3, WaitKind.PROXY, "h1", "web", "the proxy"), wait(4, WaitKind.STOP, "h2", "web", "x"))
    assert [each.start.wait for each in waits_of(script.board, Subject("h1", "web"))] == [3, 2, 1]
    assert [each.start.wait for each in waits_of(script.board, Subject("h1"))] == [1]
    script.at(10, WaitEnded(wait=3, outcome=Outcome.DONE, took_s=1))
    assert [each.start.wait for each in waits_of(script.board, Subject("h1", "web"))] == [2, 1]


def test_subjects_have_names() -> None:
    assert [each.name for each in (Subject("h1", "web"), Subject("h1"), RUN)] == ["web@h1", "h1", "this run"]
