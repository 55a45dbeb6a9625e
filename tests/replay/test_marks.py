from pathlib import Path

import pytest

from backstaff.events.facts import HostState, Outcome, Phase, WaitKind
from backstaff.events.types import Event, HostChanged, PhaseStarted, WaitEnded
from backstaff.kamallog.read import read_kamal_log
from backstaff.replay import marks
from backstaff.replay.marks import Mark, MarkKind, Marks
from backstaff.replay.recording import Recording
from tests.events.builders import Script, a_good_deploy, wait
from tests.replay.journals import a_failed_run, a_journal, indexed

REPORT = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"


def marks_of(events: list[Event], now_t: float | None = None) -> list[Mark]:
    made = Marks()
    for event in events:
        made.see(event, event.seq)
    return made.all(events[-1].t if now_t is None else now_t)


def told(found: list[Mark], kind: MarkKind) -> list[tuple[float, float | None, str]]:
    return [(mark.t, mark.until_t, mark.words) for mark in found if mark.kind is kind]


def test_a_failed_run_is_marked_with_its_waits_and_failures() -> None:
    found = marks_of(a_failed_run())
    assert found == sorted(found, key=lambda mark: mark.t)
    assert told(found, MarkKind.FAILURE) == [
        (21.4, None, "web@h2 failed: the container exited 1 after 0.9 s"),
        (50.3, None, "web@h1 failed: not healthy within 30 s"),
        (50.8, None, "boot of web on h1: not healthy within 30 s"),
    ]
    assert told(found, MarkKind.WAIT) == [
        (20.0, 50.3, "job@h3 waits for the first healthy web container"),
        (20.0, 50.3, "job@h4 waits for the first healthy web container"),
        (20.3, 50.3, "web@h1 waits for the proxy to find it healthy"),
        (20.3, 21.4, "web@h2 waits for the proxy to find it healthy"),
    ]
    boot = next(mark for mark in found if mark.kind is MarkKind.PHASE and mark.words == Phase.BOOT)
    assert (boot.t, boot.until_t, boot.outcome) == (6.3, 50.5, Outcome.FAILED)


def test_a_mark_is_where_the_thing_has_just_happened(tmp_path: Path) -> None:
    with indexed(a_journal(tmp_path, a_failed_run())) as recording:
        failure = next(mark for mark in recording.index.marks() if mark.kind is MarkKind.FAILURE)
        board = recording.moment_before(failure.end).board
        pair = board.pair(failure.host, failure.role)
        assert pair is not None
        assert pair.state == "failed"
        assert board.t == failure.t


def test_short_waits_are_marked_only_if_they_ended_badly() -> None:
    script = Script()
    for number, (lasts, outcome) in enumerate(
        [(1.9, Outcome.DONE), (2.0, Outcome.DONE), (0.1, Outcome.DOOMED), (0.1, Outcome.CANCELLED)]
    ):
        script.at(10, wait(number, WaitKind.DOCKER, "h1", "", f"call {number}", quiet=True))
        script.at(10 + lasts, WaitEnded(wait=number, outcome=outcome, took_s=lasts))
    assert [mark.words for mark in marks_of(script.events)] == ["h1 waits: call 1", "h1 waits: call 2"]


def test_what_goes_on_when_the_journal_ends_is_marked_without_an_end() -> None:
    script = Script().at(1, PhaseStarted(phase=Phase.BOOT), wait(1, WaitKind.BARRIER, "h3", "job", "web"))
    assert told(marks_of(script.events, now_t=2), MarkKind.WAIT) == []
    assert told(marks_of(script.events, now_t=9), MarkKind.WAIT) == [(1, None, "job@h3 waits for web")]
    assert told(marks_of(script.events, now_t=9), MarkKind.PHASE) == [(1, None, "boot")]


def test_a_wait_that_was_explained_and_never_ended_is_marked_however_short_it_seems() -> None:
    events = list(read_kamal_log(REPORT))
    assert [words for _, _, words in told(marks_of(events), MarkKind.WAIT)] == [
        "job@job-1 waits for the first healthy web container"
    ]


def test_hosts_are_marked_when_trouble_begins_and_ends() -> None:
    script = Script()
    states = [
        HostState.CONNECTING, HostState.CONNECTED, HostState.QUIET, HostState.QUIET,
        HostState.CONNECTED, HostState.CONNECTED, HostState.LOST,
    ]  # fmt: skip
    for t, state in enumerate(states):
        script.at(
            t, HostChanged(host="h1", state=state, detail="\x1b[31mno answer" if state == "quiet" else "")
        )
    assert told(marks_of(script.events), MarkKind.HOST) == [
        (2, None, "h1 is quiet: no answer"),
        (4, None, "h1 is connected"),
        (6, None, "h1 is lost"),
    ]


def test_a_good_run_has_no_failures() -> None:
    found = marks_of(a_good_deploy().events)
    assert told(found, MarkKind.FAILURE) == []
    phases = [phase.value for phase in Phase if phase is not Phase.ROLLBACK]
    assert [words for _, _, words in told(found, MarkKind.PHASE)] == phases


def test_of_too_many_waits_the_longest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "MOST_WAITS", 10)
    made = Marks()
    for event in _waits(lasting=[2 + (number * 7) % 40 for number in range(40)]).events:
        made.see(event, event.seq)
    assert made.left_out + len(made.waits) == 40
    assert 5 <= len(made.waits) <= 10
    assert max(mark.until_t or 0 for mark in made.waits) == 41


def _waits(lasting: list[int]) -> Script:
    script = Script()
    for number, lasts in enumerate(lasting):
        script.at(0, wait(number, WaitKind.HOOK, "", "", "hook"))
        script.at(lasts, WaitEnded(wait=number, outcome=Outcome.DONE, took_s=lasts))
    return script


def test_marks_are_there_before_the_index_is_whole(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, a_failed_run())) as recording:
        assert recording.index.marks() == []
        assert recording.index.covered_t == 0
