import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.board import Board
from backstaff.events.types import Event
from backstaff.replay.entries import Damage, Entry
from backstaff.replay.recording import Recording
from tests.events.builders import START, a_good_deploy
from tests.replay.journals import (
    a_journal,
    a_talkative_run,
    any_run,
    folded,
    indexed,
    make_index,
    naive_events,
    small_measures,
    text_of,
)
from tests.replay.test_lines import Bytes

TALKATIVE = a_talkative_run()
TEXT = text_of(TALKATIVE)
TIMES = st.one_of(st.floats(-1, 60), st.sampled_from([event.t for event in TALKATIVE]))


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_journal(tmp_path_factory.mktemp("talkative"), TALKATIVE)


def events_in(recording: Recording, offset: int = 0) -> list[Event]:
    return [each.event for each in recording.entries(offset) if isinstance(each, Entry)]


@given(TIMES)
def test_the_board_of_any_time_is_that_of_folding_from_the_start(talkative: Path, t: float) -> None:
    with small_measures(), Recording.open(talkative) as recording:
        without_index = recording.moment_at(t)
        make_index(recording)
        with_index = recording.moment_at(t)
        assert with_index.board == without_index.board == folded(TALKATIVE, t)
        assert with_index.offset == without_index.offset
        assert events_in(recording, with_index.offset) == TALKATIVE[with_index.board.seq :]


@given(any_run, st.floats(0, 1e6))
@settings(max_examples=50)
def test_that_holds_for_runs_whose_times_go_back_and_forth(events: list[Event], t: float) -> None:
    with TemporaryDirectory() as directory, small_measures():
        path = a_journal(Path(directory), events)
        with indexed(path) as recording:
            assert recording.moment_at(t).board == folded(events, t)
            assert recording.index.contents.highest_t == max(event.t for event in events)


@given(st.integers(0, len(TALKATIVE)))
def test_the_board_at_a_place_is_that_of_the_events_before_it(talkative: Path, count: int) -> None:
    with small_measures(), Recording.open(talkative) as recording:
        place = len(text_of(TALKATIVE[:count]))
        without_index = recording.moment_before(place)
        make_index(recording)
        with_index = recording.moment_before(place)
        assert with_index.board == without_index.board == folded(TALKATIVE[:count])
        assert with_index.offset == without_index.offset == place


@given(st.integers(1, len(TEXT)), st.floats(0, 60))
@settings(max_examples=60)
def test_a_journal_cut_off_anywhere_is_read_up_to_its_last_whole_event(cut: int, t: float) -> None:
    content = TEXT[:cut]
    events = naive_events(content)
    with TemporaryDirectory() as directory, small_measures():
        path = a_journal(Path(directory), content)
        if not events:
            with pytest.raises(JournalError, match=r"cut off at its very start|not a journal"):
                Recording.open(path)
            return
        with indexed(path) as recording:
            assert list(recording.entries()) == [
                each for each in recording.entries() if isinstance(each, Entry)
            ]
            assert events_in(recording) == events
            assert recording.moment_at(1e9).board == folded(events)
            assert recording.moment_at(t).board == folded(events, t)
            assert recording.length_t() == events[-1].t
            assert recording.index.damaged == 0


@given(st.data())
@settings(max_examples=60)
def test_damage_in_the_middle_is_told_and_passed_over(data: st.DataObject) -> None:
    content = bytearray(TEXT)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(500, len(content) - 1))
        content[place] = data.draw(st.sampled_from(b'\0\n"{}9\xff'))
    events = naive_events(bytes(content))
    with TemporaryDirectory() as directory, small_measures():
        path = a_journal(Path(directory), bytes(content))
        with indexed(path) as recording:
            entries = list(recording.entries())
            damages = [each for each in entries if isinstance(each, Damage)]
            assert events_in(recording) == events
            assert list(recording.entries_before(recording.size())) == entries[::-1]
            assert recording.moment_before(recording.size()).board == folded(events)
            assert recording.index.damaged == len(damages)
            assert [(each.offset, each.why) for each in recording.index.damages] == [
                (each.offset, each.why) for each in damages
            ]
            for damage in recording.index.damages:
                assert bytes(content[: damage.offset]).count(b"\n") == damage.line - 1


def test_damage_is_told_in_one_sentence(tmp_path: Path) -> None:
    lines = text_of(a_good_deploy().events).splitlines(keepends=True)
    path = a_journal(tmp_path, b"".join([*lines[:3], b"{oops\n", *lines[3:]]))
    with indexed(path) as recording:
        [told] = recording.index.damages
        assert str(told) == "line 4 can not be read and is left out: not an event: the line is not JSON"
        [read] = [each for each in recording.entries() if isinstance(each, Damage)]
        assert str(read).startswith(f"the line at byte {len(b''.join(lines[:3]))} can not be read")


@given(st.lists(st.integers(0, len(TEXT)), max_size=12).map(sorted))
@settings(max_examples=40)
def test_following_a_file_that_grows_yields_each_event_once(cuts: list[int]) -> None:
    with TemporaryDirectory() as directory, small_measures():
        start = TEXT.index(b"\n") + 1
        path = a_journal(Path(directory), TEXT[:start])
        with Recording.open(path) as recording, path.open("ab") as writer:
            seen: list[Event] = []
            board, offset, at = Board(), 0, start
            for cut in [*(cut for cut in cuts if cut > start), len(TEXT)]:
                writer.write(TEXT[at:cut])
                writer.flush()
                at = cut
                for each in recording.entries(offset):
                    assert isinstance(each, Entry)
                    seen.append(each.event)
                    board.fold(each.event)
                    offset = each.end
                make_index(recording)
                assert recording.moment_at(1e9).board == board
            assert seen == TALKATIVE
            assert recording.index.covered == len(TEXT)


def test_a_half_line_waits_until_it_is_whole(tmp_path: Path) -> None:
    lines = text_of(a_good_deploy().events[:3]).splitlines(keepends=True)
    path = a_journal(tmp_path, lines[0] + lines[1][:20])
    with Recording.open(path) as recording, path.open("ab") as writer:
        [first] = recording.entries()
        assert list(recording.entries(first.end)) == []
        writer.write(lines[1][20:-1])
        writer.flush()
        [second] = recording.entries(first.end)
        assert isinstance(second, Entry)
        assert second.event.seq == 2
        writer.write(b"\n" + lines[2])
        writer.flush()
        [third] = recording.entries(second.end)
        assert isinstance(third, Entry)
        assert third.event.seq == 3


def test_steps_go_forward_and_back(talkative: Path) -> None:
    with indexed(talkative) as recording:
        middle = recording.moment_at(21.01)
        forward = next(iter(recording.entries(middle.offset)))
        back = next(iter(recording.entries_before(middle.offset)))
        assert isinstance(forward, Entry)
        assert isinstance(back, Entry)
        assert (back.event.seq, forward.event.seq) == (middle.board.seq, middle.board.seq + 1)
        assert back.end == forward.offset == middle.offset
        before = recording.moment_before(back.offset)
        before.board.fold(back.event)
        assert before.board == middle.board


def test_boards_handed_out_have_nothing_in_common(talkative: Path) -> None:
    with small_measures(), indexed(talkative) as recording:
        first, second = recording.moment_at(21.01), recording.moment_at(21.01)
        for event in events_in(recording, first.offset):
            first.board.fold(event)
        assert second.board == folded(TALKATIVE, 21.01)


def test_a_seek_without_an_index_can_be_left_on_its_way(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, a_talkative_run(lines=5_000))) as recording:
        places = list(recording.going_to(1e9))
        assert len(places) > 3
        assert places == sorted(places)


def test_bytes_from_anywhere_can_be_replayed_without_an_index_file(tmp_path: Path) -> None:
    with small_measures(), Recording(Bytes(TEXT)) as recording:
        make_index(recording)
        assert recording.name == "memory"
        assert recording.index_trouble == ""
        assert recording.moment_at(21.01).board == folded(TALKATIVE, 21.01)


def test_times_of_day_are_times_of_the_run(talkative: Path) -> None:
    with Recording.open(talkative) as recording:
        assert recording.t_of(START + timedelta(seconds=21.5)) == 21.5
        assert recording.t_of(datetime(2026, 11, 23, 12, 4, 57)) == 60
        assert recording.length_t() == 51.0


def test_a_file_that_became_shorter_is_told(tmp_path: Path) -> None:
    path = a_journal(tmp_path, TALKATIVE)
    with indexed(path) as recording:
        os.truncate(path, 1000)
        with pytest.raises(JournalError, match="has become shorter while it was read"):
            recording.entries(5000)
        with pytest.raises(JournalError, match="has become shorter while it was read"):
            make_index(recording)


def test_one_thread_seeks_while_another_makes_the_index(tmp_path: Path) -> None:
    events = a_talkative_run(lines=4_000)
    path = a_journal(tmp_path, events)
    with small_measures(), Recording.open(path) as recording:
        maker = threading.Thread(target=make_index, args=(recording,))
        maker.start()
        while maker.is_alive():
            recording.index.marks()
            assert recording.moment_at(recording.index.covered_t).board.seq > 0
            assert recording.moment_at(21.02).board == folded(events, 21.02)
        maker.join()
        assert recording.index.covered == recording.size()


def test_a_journal_with_a_byte_order_mark_and_windows_line_ends_is_read(tmp_path: Path) -> None:
    events = a_good_deploy().events
    content = b"\xef\xbb\xbf" + text_of(events).replace(b"\n", b"\r\n")
    with indexed(a_journal(tmp_path, content)) as recording:
        assert events_in(recording) == events
        assert recording.moment_at(1e9).board == folded(events)
