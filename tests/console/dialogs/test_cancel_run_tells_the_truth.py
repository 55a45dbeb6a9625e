"""What the dialog announces, against what the engine then does to simulated hosts."""

from dataclasses import replace

from hypothesis import HealthCheck, assume, given, settings

from backstaff.console.dialogs.cancel_run import what_cancelling_does
from backstaff.console.hanging import Fact
from backstaff.events.board import Board
from backstaff.plan.pairs import Pair
from tests.engine.running import NEW, OLD, Ran, run
from tests.engine.scenes import ENDING_S, Holder, Story, stories
from tests.fakes.apps import HEALTHY
from tests.fakes.shell import lock_held

BETWEEN_EVENTS_S = 0.0007


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(stories(cancelled=True, troubled=False))
def test_what_is_said_to_happen_happens(story: Story) -> None:
    assume(story.plan() is not None)
    assert story.cancel_at is not None
    cancel_at = story.cancel_at + BETWEEN_EVENTS_S
    usual = replace(story, old=OLD, old_app=HEALTHY, lock=Holder.NOBODY, leftover=False, cancel_at=cancel_at)
    scene = usual.scene
    scene.within_s = cancel_at + ENDING_S
    ran = run(scene)
    board = board_before(ran, cancel_at)
    assume(board.result is None)
    for pair in ran.plan.pairs:
        check(ran, pair, said_of(board, pair.host, pair.role))
    if dict(facts(board))["the lock"].endswith("is released"):
        assert not lock_held(ran.datacentre[ran.plan.lock_host])


def board_before(ran: Ran, t: float) -> Board:
    """What the console has shown when the run was cancelled."""
    board = Board()
    for event in ran.events:
        if event.t < t:
            board.fold(event)
    return board


def facts(board: Board) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in what_cancelling_does(board) if isinstance(each, Fact)]


def said_of(board: Board, host: str, role: str) -> str:
    pair = board.pair(host, role)
    assert pair is not None
    only = replace(board, pairs={pair.key: pair})
    return dict(facts(only))[f"{role} on {host}"]


def check(ran: Ran, pair: Pair, said: str) -> None:
    new, old = ran.new(pair.host, pair.role), ran.container(pair.host, pair.role, OLD)
    runs = new is not None and new.running
    serves = runs and (not pair.proxied or ran.serving(pair.host, pair.role) == NEW)
    if said.startswith("stays on"):
        assert serves, (pair, said)
    if any(words in said for words in ("not booted", "is never started", "and is stopped")):
        assert not runs, (pair, said)
    if f"{OLD} keeps" in said and not serves:
        assert old is not None, (pair, said)
        assert old.running, (pair, said)
        assert not pair.proxied or ran.serving(pair.host, pair.role) == OLD, (pair, said)
