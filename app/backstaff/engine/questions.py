"""What a run may ask its operator while it goes on. Without an operator the configuration answers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

USUAL_KNOWN_HOSTS = "~/.ssh/known_hosts"
"""Where ssh writes new keys unless it is configured otherwise."""


class KeyPurpose(StrEnum):
    """What the connection is for, and so what ends when its key is refused."""

    RUN = "run"
    FOLLOW = "follow"


@dataclass(frozen=True)
class HostKeyQuestion:
    """A host showed a key that no known_hosts file has. `fingerprint` as `ssh-keygen -l` prints it;
    `written_to` is the file, as a person writes it, that an accepted key goes to."""

    host: str
    fingerprint: str
    written_to: str = USUAL_KNOWN_HOSTS
    purpose: KeyPurpose = KeyPurpose.RUN


class LockChoice(StrEnum):
    """What to do about a deploy lock that somebody else holds."""

    WAIT = "wait"
    TAKE_OVER = "take over"
    LEAVE = "leave"


@dataclass(frozen=True)
class LockQuestion:
    """Somebody holds the deploy lock on `host`.

    `age_s` is None where the lock does not tell since when. `dead` says why its holder is known to be gone,
    empty where that is not known: only then may the lock be taken over. `release` is the command by which a
    person releases it."""

    host: str
    holder: str
    since: str = ""
    age_s: float | None = None
    version: str = ""
    message: str = ""
    by_hand: bool = False
    dead: str = ""
    release: str = ""


class OperatorGone(Exception):
    """Raised by an operator who can not be asked any more; the configuration answers then."""


class Operator(Protocol):
    """Somebody who can be asked. Every question goes through a wait with a deadline; when it ends first, the
    question is cancelled. Raises `OperatorGone`."""

    async def trusts(self, question: HostKeyQuestion) -> bool:
        """Whether the key is to be accepted."""
        ...

    async def decide(self, question: LockQuestion) -> LockChoice:
        """What to do about the lock."""
        ...
