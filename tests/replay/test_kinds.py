from pathlib import Path

from hypothesis import given

from backstaff.events.types import Event
from backstaff.replay.kinds import kind_of
from backstaff.replay.recording import Recording
from tests.events.strategies import any_event
from tests.replay.journals import a_journal, a_talkative_run, text_of


@given(any_event)
def test_the_kind_of_what_we_write_is_told_from_its_bytes(event: Event) -> None:
    assert kind_of(event.to_line().encode()) == event.body.kind.encode()


def test_what_others_write_is_read_in_full(tmp_path: Path) -> None:
    events = a_talkative_run()
    spaced = text_of(events).replace(b'"kind":"wait_ended"', b'"kind": "wait_ended"')
    assert kind_of(b'{ "kind": "wait_ended" }') is None
    with Recording.open(a_journal(tmp_path, spaced)) as recording:
        found = list(recording.events(frozenset({b"wait_ended", b"run_ended"})))
    assert found == [event for event in events if event.body.kind in {"wait_ended", "run_ended"}]
