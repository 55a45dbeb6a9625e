"""The time that a replay shows."""

from collections.abc import Callable
from time import monotonic

from backstaff.events.board import Board
from backstaff.replay.player import Player


class PlayerClock:
    """The time of a replay is where its player is; while another place is shown, `elsewhere`, that of its
    Board."""

    def __init__(self, player: Player, seconds: Callable[[], float] = monotonic) -> None:
        self.seconds = seconds
        self.elsewhere = False
        self._player = player

    def events_came(self) -> None:
        """The player knows."""

    def now_t(self, board: Board) -> float:
        """Never before what is shown already."""
        return board.t if self.elsewhere else max(board.t, self._player.t)
