from pathlib import Path

from backstaff.replay.entries import Damage, Entry
from backstaff.replay.follow import to_the_end
from backstaff.replay.recording import Recording
from tests.replay.journals import a_failed_run, a_journal, text_of

RUN = a_failed_run()


def never() -> None:
    raise AssertionError("nothing is waited for")


def test_a_run_that_is_over_is_read_once(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, RUN)) as recording:
        each = list(to_the_end(recording, lambda: False, never))
    assert [entry.event for entry in each if isinstance(entry, Entry)] == RUN


def test_a_run_that_goes_on_is_read_as_it_grows_and_to_its_last_event(tmp_path: Path) -> None:
    path = a_journal(tmp_path, RUN[:3])
    pieces = [text_of(RUN[3:6])[:-20], text_of(RUN[3:6])[-20:], b"", text_of(RUN[6:])]

    def pause() -> None:
        with path.open("ab") as file:
            file.write(pieces.pop(0))

    with Recording.open(path) as recording:
        each = list(to_the_end(recording, lambda: True, pause))
    assert [entry.event for entry in each if isinstance(entry, Entry)] == RUN
    assert pieces == []


def test_what_is_written_right_before_the_writer_is_gone_is_read(tmp_path: Path) -> None:
    path = a_journal(tmp_path, RUN[:3])
    answers = [True, False]

    def goes_on() -> bool:
        return answers.pop(0)

    def pause() -> None:
        with path.open("ab") as file:
            file.write(text_of(RUN[3:5]))

    with Recording.open(path) as recording:
        each = list(to_the_end(recording, goes_on, pause))
    assert [entry.event for entry in each if isinstance(entry, Entry)] == RUN[:5]


def test_damage_is_handed_on(tmp_path: Path) -> None:
    with Recording.open(a_journal(tmp_path, text_of(RUN[:2]) + b"?\n" + text_of(RUN[2:]))) as recording:
        each = list(to_the_end(recording, lambda: False, never))
    assert len([damage for damage in each if isinstance(damage, Damage)]) == 1
    assert len(each) == len(RUN) + 1
