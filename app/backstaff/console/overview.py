"""What the timeline shows, taken from player and index without asking them more often than is seen."""

from collections.abc import Callable
from time import monotonic

from backstaff.console.background import Want
from backstaff.console.replaying import Replaying, Rough
from backstaff.console.subject import Subject
from backstaff.console.timeline_text import Course, Told
from backstaff.replay.marks import Mark
from backstaff.replay.player import Motion

ANEW_EVERY_S = 1.0


class Overview:
    """Makes the course of a run as it is known now."""

    def __init__(self, replaying: Replaying, seconds: Callable[[], float] = monotonic) -> None:
        self._replaying = replaying
        self._seconds = seconds
        self._made_at = -ANEW_EVERY_S
        self._known = (-1, -1)
        self._marks: tuple[Mark, ...] = ()
        self._length_t = 0.0
        self._told: Told | None = None
        self._said: tuple[tuple[int, float, Subject], str] | None = None
        """What was asked of the marks last, and the answer."""

    @property
    def length_t(self) -> float:
        """How long the run is."""
        self._look()
        return max(self._length_t, self._replaying.player.t)

    def course(self) -> Course:
        """The run, and the place in it."""
        replaying = self._replaying
        index = replaying.player.recording.index
        now_t, length_t = replaying.state.now_t(), self.length_t
        whole = index.covered >= self._known[1]
        return Course(
            length_t=length_t,
            now_t=now_t,
            known_t=length_t if whole else index.covered_t,
            marks=self._marks,
            state=self._state(),
            words=self._words(now_t),
        )

    def _words(self, now_t: float) -> str:
        replaying = self._replaying
        if replaying.rough is not None:
            return f"{self._share_read():.0%} of the run is read: {_told_by(replaying.rough)}"
        if replaying.seeking:
            return ""
        asked = replaying.player.offset, now_t, replaying.state.subject
        if self._told is None or self._said is None or self._said[0] != asked:
            self._told = self._told or Told(self._marks)
            self._said = asked, self._told.words_at(*asked)
        return self._said[1]

    def _state(self) -> str:
        player = self._replaying.player
        if self._replaying.seeking:
            share = self._share_read()
            return f"read {share:.0%}" if share < 1 else "…"
        match player.motion:
            case Motion.PLAYING:
                return f"▸ {player.speed:g}x"
            case Motion.FOLLOWING:
                return "following"
            case Motion.PAUSED:
                return "paused"

    def _share_read(self) -> float:
        return self._replaying.player.recording.read_share

    def _look(self) -> None:
        """Ask again once the index or the journal has grown."""
        now = self._seconds()
        recording = self._replaying.player.recording
        if now < self._made_at + ANEW_EVERY_S and self._replaying.background.does(Want.INDEX):
            return
        known = (recording.index.covered, recording.size())
        if known == self._known:
            return
        if known[1] != self._known[1]:
            self._length_t = recording.length_t()
        self._marks, self._told = tuple(recording.index.marks()), None
        self._made_at, self._known = now, known


def _told_by(rough: Rough) -> str:
    """What the picture is made of that is shown."""
    if rough.whole:
        return "only older output is missing from what is shown"
    lines = "its last lines" if rough.is_end else "the lines before this time"
    return f"what is shown is what {lines} tell"
