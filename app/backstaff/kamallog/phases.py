"""The phases of a run, read off Kamal's stages and commands."""

from backstaff.events.facts import Outcome, Phase
from backstaff.events.types import PhaseEnded, PhaseStarted
from backstaff.kamallog.commands import Kind
from backstaff.kamallog.telling import Teller

_STAGES = (
    ("Log into image registry", Phase.PULL),
    ("Build and push app image", Phase.BUILD),
    ("Pull app image", Phase.PULL),
    ("Pulling image on", Phase.PULL),
    ("Acquiring the deploy lock", Phase.LOCK),
    ("Ensure ", Phase.PREPARE),
    ("Evaluate and push env", Phase.PREPARE),
    ("Push env files", Phase.PREPARE),
    ("Detect stale containers", Phase.PREPARE),
    ("Get most recent version", Phase.PREPARE),
    ("Start container with version", Phase.BOOT),
    ("Prune old containers", Phase.FINISH),
)
_EARLIER: dict[Phase, set[Phase]] = {
    Phase.PULL: {Phase.BUILD},
    Phase.LOCK: {Phase.BUILD, Phase.PULL},
    Phase.PREPARE: {Phase.LOCK},
    Phase.BOOT: {Phase.LOCK, Phase.PREPARE, Phase.PULL},
    Phase.FINISH: {Phase.BOOT},
}
"""After which phases a command begins another one; at other times it belongs to the phase going on."""

_BEGIN = {
    Kind.MIRROR: Phase.PULL,
    Kind.DROP_IMAGE: Phase.PULL,
    Kind.PULL: Phase.PULL,
    Kind.RUN_DIRECTORY: Phase.LOCK,
    Kind.NETWORK: Phase.PREPARE,
    Kind.PROXY_VERSION: Phase.PREPARE,
    Kind.PROXY_START: Phase.PREPARE,
    Kind.LIST: Phase.PREPARE,
    Kind.RENAME: Phase.BOOT,
    Kind.RUN: Phase.BOOT,
    Kind.PROXY_DEPLOY: Phase.BOOT,
    Kind.STATUS: Phase.BOOT,
    Kind.TAG: Phase.FINISH,
    Kind.PRUNE: Phase.FINISH,
}
_LOCAL_BEGIN = {Kind.BUILD: Phase.BUILD}


class Phases:
    """Tells when a phase begins and ends; there is one at a time."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._since_t = 0.0
        self.now: Phase | None = None
        self.seen: set[Phase] = set()

    def stage(self, text: str) -> None:
        """Kamal says what it is about to do."""
        phase = announced(text)
        if phase is not None:
            self.enter(phase, text.removesuffix("..."))

    def command(self, kind: Kind, host: str) -> None:
        """A command begins; it may be the first of a phase that Kamal does not announce."""
        phase = (_BEGIN if host else _LOCAL_BEGIN).get(kind)
        if phase is not None and (self.now is None or self.now in _EARLIER.get(phase, ())):
            self.enter(phase)

    def enter(self, phase: Phase, detail: str = "") -> None:
        """A phase begins, and so the one before it is done."""
        if self.now is phase:
            return
        self.end(Outcome.DONE)
        self.now = phase
        self.seen.add(phase)
        self._since_t = self._teller.timeline.t
        self._teller.tell(PhaseStarted(phase=phase, detail=detail))

    def end(self, outcome: Outcome) -> None:
        """The phase going on ends."""
        if self.now is None:
            return
        took = round(self._teller.timeline.t - self._since_t, 3)
        self._teller.tell(PhaseEnded(phase=self.now, outcome=outcome, took_s=took))
        self.now = None


def announced(text: str) -> Phase | None:
    """The phase that a stage of Kamal's begins or belongs to, None for what is no stage."""
    return next((phase for begins, phase in _STAGES if text.startswith(begins)), None)
