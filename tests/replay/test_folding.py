from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.board import Board
from backstaff.events.types import Event
from backstaff.replay.folding import Folding, fold_lines
from backstaff.replay.lines import lines_from
from tests.replay.journals import a_talkative_run, any_run, folded, text_of
from tests.replay.test_lines import Bytes


def fold_all(content: bytes, board: Board | None = None) -> Board:
    folding = Folding(board or Board())
    for _ in fold_lines(folding, lines_from(Bytes(content)), 0):
        pass
    return folding.board()


@given(any_run)
def test_lines_fold_to_what_their_events_fold_to(events: list[Event]) -> None:
    board = fold_all(text_of(events))
    assert board == folded(events)
    assert list(board.output) == list(folded(events).output)


@given(st.integers(0, 400), st.integers(0, 400))
def test_a_board_can_be_asked_for_at_any_time(first: int, second: int) -> None:
    events = a_talkative_run()
    folding = Folding(Board())
    first, second = sorted((first, second))
    for part in (events[:first], events[first:second], events[second:]):
        for _ in fold_lines(folding, lines_from(Bytes(text_of(part))), 0):
            pass
        folding.board()
    assert folding.board() == folded(events)


def test_folding_goes_on_from_a_board() -> None:
    events = a_talkative_run()
    assert fold_all(text_of(events[200:]), folded(events[:200])) == folded(events)
