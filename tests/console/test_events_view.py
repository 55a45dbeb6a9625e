from datetime import UTC

import pytest
from hypothesis import given

from backstaff.console.event_words import words_of
from backstaff.console.events_view import EventEntry, EventsView, event_entries
from backstaff.console.line_store import LineStore, Scope
from backstaff.events.board import Board
from backstaff.events.facts import FailureCard, HostState, Outcome, WaitKind
from backstaff.events.types import (
    Body,
    Event,
    Failed,
    HostChanged,
    Output,
    Progress,
    WaitEnded,
    WaitExplained,
)
from backstaff.explain.why import explain_wait
from backstaff.headless.colour import Tone
from tests.console.lines import SIZES, START, Showing, status, texts, typed
from tests.events.builders import (
    Script,
    a_failed_deploy,
    a_good_deploy,
    a_stuck_barrier,
    line,
    until_boot,
    wait,
    waits_without_a_limit,
)
from tests.events.strategies import any_event


def entries_of(script: Script) -> list[EventEntry]:
    board, entries = Board(), list[EventEntry]()
    for event in script.events:
        entries += event_entries(event, board)
        board.fold(event)
    return entries


def told(script: Script, *bodies: Body) -> list[str]:
    """What is said of bodies that happen at the end of a script."""
    before = len(script.events)
    all_before = len(entries_of(script))
    script.at(script.t, *bodies)
    assert len(script.events) == before + len(bodies)
    return [each.text for each in entries_of(script)[all_before:]]


def a_view(script: Script) -> tuple[Showing, EventsView]:
    store: LineStore[EventEntry] = LineStore()
    store.extend(entries_of(script))
    view = EventsView(store, zone=UTC)
    return Showing(view), view


def a_card(board: Board) -> FailureCard:
    return FailureCard(title="boot of web on h2", host="h2", role="web", cause="the container exits (1)")


@pytest.mark.parametrize("size", SIZES)
async def test_events_say_of_what_kind_they_are_who_they_are_about_and_what_happened(
    size: tuple[int, int],
) -> None:
    app, view = a_view(a_failed_deploy(a_card))
    async with app.run_test(size=size) as pilot:
        await pilot.press("t")
        last = [row.split(maxsplit=1) for row in texts(view)]
        assert last[-1] == ["run", "failed after 51 s, exit code 1"]
        assert [
            row for row in texts(view) if row.startswith("h2") and "failed" in row and "boot of web" in row
        ]
        await typed(pilot, "/", "barrier web failed")
        assert "1/1" in status(view)


async def test_a_pair_has_its_own_events_and_those_of_its_host() -> None:
    app, view = a_view(a_stuck_barrier())
    async with app.run_test(size=(120, 40)) as pilot:
        view.show(Scope("h2", "web"))
        await pilot.press("t", "g")
        shown = "\n".join(texts(view))
        assert "connected" in shown
        assert "exited 1" in shown
        assert "job" not in {row.split()[0] for row in texts(view)}
        assert "h1" not in {row.split()[0] for row in texts(view)}


def test_words_for_a_wait_tell_its_limit_or_that_it_has_none() -> None:
    before = waits_without_a_limit().board
    why = explain_wait(before, 1, 32)
    limited = wait(1, WaitKind.BARRIER, "h3", "job", "the first healthy web container", 45)
    sentence = "waits for the first healthy web container"
    assert words_of(limited, before) == f"{sentence} (at most 45 s)"
    assert words_of(before.waits[1].start, before) == f"{sentence} (no limit)"
    assert words_of(WaitExplained(wait=1, why=why, left_s=0), before) == f"job@h3 {sentence}; no limit"
    stuck = a_stuck_barrier().board
    assert words_of(WaitExplained(wait=1, why=why, left_s=0), stuck) == f"job@h3 {sentence}; 0 s left"
    assert words_of(WaitExplained(wait=99, why=why, left_s=7), stuck) == f"job@h3 {sentence}; 7 s left"


def test_the_tone_of_a_line_is_that_of_headless_mode() -> None:
    tones = {each.text: each.tone for each in entries_of(a_failed_deploy(a_card))}
    assert next(tone for text, tone in tones.items() if text.startswith("FAILED")) is Tone.BAD


def test_what_streams_elsewhere_is_no_event_to_list() -> None:
    script = until_boot(Script())
    assert told(script, line("h1", "web", "text"), Progress(subject="pull", host="h1", current=1)) == []


def test_ordinary_calls_are_left_to_the_commands() -> None:
    script = Script()
    quiet = wait(1, WaitKind.DOCKER, "h1", "", "docker ps", quiet=True)
    assert told(script, quiet) == []
    assert told(script, WaitEnded(wait=1, outcome=Outcome.DONE, took_s=0.1)) == []


def test_an_event_that_headless_mode_keeps_to_itself_has_words_here() -> None:
    script = Script()
    assert told(script, HostChanged(host="h1", state=HostState.CONNECTING, detail="port 22")) == [
        "connecting: port 22"
    ]
    assert told(script, Failed(card=a_card(script.board))) == ["boot of web on h2: the container exits (1)"]


@pytest.mark.parametrize("script", [a_good_deploy(), a_stuck_barrier(), a_failed_deploy(a_card)])
def test_every_other_event_has_a_line_that_says_something(script: Script) -> None:
    board = Board()
    for event in script.events:
        entries = event_entries(event, board)
        quiet = isinstance(event.body, Output | Progress)
        assert quiet or (entries and all(each.text.strip() for each in entries)), event
        board.fold(event)


@given(any_event)
def test_no_event_breaks_the_list(event: Event) -> None:
    for entry in event_entries(event, Board()):
        assert entry.source == event.body.kind.split("_")[0]
        assert "\x1b" not in entry.text


def test_an_entry_has_the_time_of_its_event() -> None:
    (entry,) = event_entries(
        Event(seq=1, at=START, t=2.0, body=HostChanged(host="h1", state=HostState.LOST)), Board()
    )
    assert (entry.at, entry.at_t, entry.host) == (START, 2.0, "h1")
