"""Restart policies, with Docker's back-off."""

from dataclasses import dataclass

from backstaff.clock import Seconds

_FIRST: Seconds = 0.1
_LONGEST: Seconds = 60.0
_STEADY_AFTER: Seconds = 10.0


@dataclass(frozen=True)
class RestartPolicy:
    """`no`, `always`, `unless-stopped`, or `on-failure` with at most `most` tries (0: no limit)."""

    name: str = "no"
    most: int = 0

    @classmethod
    def parse(cls, text: str) -> "RestartPolicy":
        """Reads the value of `--restart`; ValueError in Docker's words."""
        name, colon, most = text.partition(":")
        if name not in {"no", "always", "unless-stopped", "on-failure", ""}:
            raise ValueError(f"invalid restart policy '{name}'")
        if colon and name != "on-failure":
            raise ValueError(f"maximum retry count cannot be used with restart policy '{name}'")
        if colon and not most.isdecimal():
            raise ValueError("maximum retry count must be an integer")
        return cls(name or "no", int(most) if colon else 0)

    def wants(self, exit_code: int, restarts: int) -> bool:
        """Whether a container that ended by itself is started again."""
        match self.name:
            case "always" | "unless-stopped":
                return True
            case "on-failure":
                return exit_code != 0 and (not self.most or restarts < self.most)
            case _:
                return False


class Backoff:
    """How long Docker waits before it starts a container again: from 0.1 s, doubled each time."""

    def __init__(self) -> None:
        self._next = _FIRST

    def after(self, ran_s: Seconds) -> Seconds:
        """The wait after a run of `ran_s` seconds; a long one begins anew."""
        if ran_s >= _STEADY_AFTER:
            self._next = _FIRST
        delay, self._next = self._next, min(self._next * 2, _LONGEST)
        return delay
