from datetime import timedelta
from pathlib import Path

from backstaff.events.types import Event
from backstaff.replay.recording import Recording
from backstaff.replay.summary import RunSummary
from tests.events.builders import START, a_good_deploy
from tests.replay.journals import a_failed_run, a_journal, a_talkative_run, text_of


def summary_of(directory: Path, content: bytes | list[Event]) -> RunSummary:
    with Recording.open(a_journal(directory, content)) as recording:
        return recording.summary()


def test_a_run_that_went_well(tmp_path: Path) -> None:
    events = a_good_deploy().events
    summary = summary_of(tmp_path, events)
    assert summary.started == events[0].body
    assert summary.ended == events[-1].body
    assert summary.card is None
    assert (summary.began, summary.last, summary.last_t) == (START, START + timedelta(seconds=17.6), 17.6)
    assert summary.size == len(text_of(events))


def test_a_run_that_failed_has_its_card(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, a_failed_run())
    assert summary.ended is not None
    assert summary.ended.verdict == "failed"
    assert summary.card is not None
    assert summary.card.cause == "not healthy within 30 s"


def test_a_run_that_was_cut_off_has_no_end_but_a_last_event(tmp_path: Path) -> None:
    events = a_talkative_run()
    summary = summary_of(tmp_path, text_of(events[:200]) + b'{"v":1,"seq":201,"a')
    assert summary.ended is None
    assert summary.card is None
    assert summary.last_t == events[199].t


def test_a_run_whose_first_line_is_damaged_is_still_told(tmp_path: Path) -> None:
    content = b"{" + text_of(a_good_deploy().events)
    summary = summary_of(tmp_path, content)
    assert summary.started is None
    assert summary.began == START
    assert summary.ended is not None


def test_a_tail_of_zeros_after_a_power_loss_hides_nothing(tmp_path: Path) -> None:
    events = a_talkative_run()
    summary = summary_of(tmp_path, text_of(events[:100]) + b"\0" * 3_000_000)
    assert summary.last_t == events[99].t
