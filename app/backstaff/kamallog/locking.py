"""The deploy lock, as Kamal tells of it."""

import re

from backstaff.events.facts import LockState, Outcome, WaitKind
from backstaff.events.types import LockChanged
from backstaff.kamallog.survey import Survey
from backstaff.kamallog.telling import Teller
from backstaff.kamallog.waiting import Waits

RELEASE = "backstaff lock release"
_DETAIL = re.compile(r"(?:Locked by|Version|Message): .*")
_WAITS = re.compile(r"Acquiring the deploy lock \(waiting up to (?P<s>\d{1,9})s\)\.\.\.")
_RETRIES = re.compile(r"Retrying in (?P<s>\d{1,9})s .*")
_US = ("", "")
"""The run as a whole waits for the lock, not a pair."""


class Lock:
    """Follows the lock from Kamal's stages. At the usual level Kamal tells that it is about to take it, so
    it has it once it goes on."""

    def __init__(self, teller: Teller, survey: Survey, waits: Waits) -> None:
        self._teller = teller
        self._survey = survey
        self._waits = waits
        self._asked = False
        self._untold = False
        self.state = LockState.FREE
        self.details: list[str] = []

    def went_on(self) -> None:
        """Kamal does something else: the lock that it asked for is its own."""
        self.settle()
        if self._asked:
            self._asked = False
            self._waits.end(WaitKind.LOCK, _US, Outcome.DONE)
            self._tell(LockState.OURS)

    def said(self, text: str) -> bool:
        """A stage of the lock; False for any other."""
        if text.startswith("Acquiring the deploy lock"):
            self._ask(text)
        elif text in {"Deploy lock already in place!", "Deploy lock is held by:"}:
            self._asked = text.endswith(":")
            self.details = []
            self._untold = True
            self.state = LockState.HELD
        elif _DETAIL.fullmatch(text):
            self._detail(text)
        elif found := _RETRIES.fullmatch(text):
            self._teller.timeline.reached(self._teller.timeline.t + float(found["s"]))
        elif text.startswith("Timed out after"):
            self._asked = False
            self._waits.end(WaitKind.LOCK, _US, Outcome.EXPIRED, text)
        elif text == "Releasing the deploy lock...":
            self.went_on()
            self._tell(LockState.RELEASED)
        elif text.startswith("Error releasing the deploy lock"):
            self._tell(LockState.LEFT_BEHIND)
        elif text in _BY_HAND:
            self._tell(_BY_HAND[text])
        else:
            return False
        return True

    def settle(self) -> None:
        """What has come of the details of somebody else's lock is all that comes."""
        if self._untold:
            self._untold = False
            self._tell(LockState.HELD)

    def left_behind(self) -> None:
        """Kamal ended without releasing what it held."""
        if self.state is LockState.OURS:
            self._tell(LockState.LEFT_BEHIND)

    def _ask(self, text: str) -> None:
        self._asked = True
        if found := _WAITS.fullmatch(text):
            self._waits.begin(WaitKind.LOCK, _US, "the deploy lock", "whoever holds it", float(found["s"]))

    def _detail(self, text: str) -> None:
        self.details.append(text)
        if self.state is LockState.FREE:
            self._untold = True
        if text.startswith("Message: "):
            self.settle()

    def _tell(self, state: LockState) -> None:
        self.state = state
        held = state is LockState.HELD
        self._teller.tell(
            LockChanged(
                state=state,
                host=self._survey.lock_host,
                details=tuple(self.details) if held else (),
                release=RELEASE if state is LockState.LEFT_BEHIND else "",
            )
        )


_BY_HAND = {
    "Acquired the deploy lock": LockState.OURS,
    "Released the deploy lock": LockState.RELEASED,
    "There is no deploy lock": LockState.FREE,
}
