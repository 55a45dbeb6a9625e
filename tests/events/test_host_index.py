"""What a Board finds by host."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from backstaff.events.board import Board
from backstaff.events.board_state import StepView, WaitView
from backstaff.events.host_index import HostIndex
from backstaff.events.types import Event
from tests.events.strategies import any_event

BOARDS = TypeAdapter(Board)


def test_keys_come_in_their_order_and_go() -> None:
    index: HostIndex[int] = HostIndex()
    for key, host in ((3, "h1"), (1, "h2"), (2, "h1"), (3, "h1")):
        index.put(key, host)
    assert list(index.on("h1")) == [3, 2]
    index.drop(3)
    index.drop(99)
    assert list(index.on("h1")) == [2]
    assert list(index.on("h9")) == []


def test_a_key_belongs_to_the_last_host_it_was_given_to() -> None:
    index: HostIndex[str] = HostIndex()
    index.put("it", "h1")
    index.put("it", "h2")
    assert (list(index.on("h1")), list(index.on("h2"))) == ([], ["it"])


def waits_by_search(board: Board, host: str) -> list[WaitView]:
    return [wait for wait in board.waits.values() if wait.start.host == host]


def steps_by_search(board: Board, host: str) -> list[StepView]:
    return [step for step in board.steps.values() if step.host == host and not step.role]


@given(st.lists(any_event, max_size=25))
def test_a_board_finds_the_same_as_a_search_through_all_also_when_restored(events: list[Event]) -> None:
    board = Board()
    for event in events:
        board.fold(event)
    for each in (board, BOARDS.validate_json(BOARDS.dump_json(board))):
        waits, steps = each.waits.values(), each.steps.values()
        for host in {wait.start.host for wait in waits} | {step.host for step in steps}:
            found, wanted = each.waits_of(host), waits_by_search(each, host)
            assert sorted(wait.start.wait for wait in found) == sorted(wait.start.wait for wait in wanted)
            if steps_by_search(each, host):
                assert each.step_of(host) in steps_by_search(each, host)
