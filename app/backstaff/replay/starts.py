"""How long containers took from their start until they were healthy: the time that deploy_timeout limits."""

from dataclasses import dataclass, field

from backstaff.events.facts import Outcome, PairState, WaitKind
from backstaff.events.types import Event, PairChanged, WaitEnded, WaitStarted

Pair = tuple[str, str]
"""A host and a role."""

_PROOFS = frozenset({WaitKind.PROXY, WaitKind.HEALTH})


@dataclass(frozen=True)
class Start:
    """A container that became healthy after `seconds`.

    Behind the proxy that is from the first look of the proxy until it found the container healthy: what
    comes then, as the draining of the old one, has limits of its own. Elsewhere it is the wait for the
    HEALTHCHECK; without one, for the container to run, as the readiness delay is granted on top."""

    host: str
    role: str
    seconds: float


@dataclass
class _Proof:
    what: WaitKind
    began_t: float
    readiness_s: float = 0.0
    told: bool = False


@dataclass
class Starts:
    """The starts of a run, from its events. Those that never became healthy do not count."""

    found: list[Start] = field(default_factory=list)
    _waits: dict[int, tuple[WaitKind, Pair]] = field(default_factory=dict)
    _proofs: dict[Pair, _Proof] = field(default_factory=dict)

    def see(self, event: Event) -> None:
        """Take in an event."""
        body = event.body
        match body:
            case WaitStarted() if body.what in _PROOFS:
                self._waits[body.wait] = body.what, (body.host, body.role)
                self._proofs[body.host, body.role] = _Proof(body.what, event.t)
            case WaitStarted(what=WaitKind.READINESS) if (body.host, body.role) in self._proofs:
                self._waits[body.wait] = body.what, (body.host, body.role)
            case PairChanged(state=PairState.SWITCHING):
                self._switching((body.host, body.role), event.t)
            case WaitEnded() if body.wait in self._waits:
                self._ended(body, *self._waits.pop(body.wait))
            case _:
                return

    def _switching(self, pair: Pair, t: float) -> None:
        proof = self._proofs.get(pair)
        if proof is not None and proof.what is WaitKind.PROXY and not proof.told:
            proof.told = True
            self._add(pair, t - proof.began_t)

    def _ended(self, body: WaitEnded, what: WaitKind, pair: Pair) -> None:
        proof = self._proofs.get(pair)
        if proof is None:
            return
        if what is WaitKind.READINESS:
            # The readiness delay is waited for within the wait for health.
            proof.readiness_s += body.took_s
            return
        del self._proofs[pair]
        if body.outcome is Outcome.DONE and not proof.told:
            self._add(pair, body.took_s - proof.readiness_s)

    def _add(self, pair: Pair, seconds: float) -> None:
        self.found.append(Start(*pair, round(max(0.0, seconds), 3)))
