"""Doomed states: a container that will not become healthy any more, however long one waits.

Only what can not get better is doom. An app that is slow, answers errors, or has been restarted once or
twice may still come up, and its own deadline decides about it.
"""

from datetime import datetime

from backstaff.events.facts import ContainerFacts
from backstaff.explain.advice import exit_hint
from backstaff.explain.docker_errors import Doom, start_doom
from backstaff.explain.words import duration, times

RESTART_LIMIT = 3
"""After that many restarts a container that keeps ending is given up."""

_ENDED = {"exited", "dead", "removing"}


def container_doom(container: ContainerFacts, restart_limit: int = RESTART_LIMIT) -> Doom | None:
    """Why waiting for this container has no sense any more, None as long as it has.

    Docker restarts what its policy covers and says `restarting` meanwhile, so `exited` is for good.
    """
    if container.error and container.state in {"created", *_ENDED}:
        return start_doom(container.error) or Doom(
            f"the container could not be started: {container.error}", exit_hint(container.exit_code or 0)
        )
    if container.oom_killed and container.state != "running":
        return Doom("the container ran out of memory and was killed", _MEMORY)
    if container.state in _ENDED:
        return Doom(f"the container {how_it_ended(container)}", exit_hint(container.exit_code or 0))
    if container.restarts >= restart_limit and container.state in {"running", "restarting"}:
        last = "" if container.exit_code is None else f", last time it {how_it_ended(container)}"
        return Doom(
            f"the container keeps ending: restarted {times(container.restarts)}{last}",
            exit_hint(container.exit_code) if container.exit_code is not None else _SEE_OUTPUT,
        )
    return None


def how_it_ended(container: ContainerFacts) -> str:
    """`exited 1 after 0.9 s`; the code and the time are left out where they are not known."""
    if container.state == "removing":
        return "is being removed"
    code = "" if container.exit_code is None else f" {container.exit_code}"
    ran = ran_for_s(container)
    after = "" if ran is None else f" after {duration(ran)}"
    return f"exited{code}{after}"


def restart_note(container: ContainerFacts, restart_limit: int = RESTART_LIMIT) -> str:
    """How close a container is to being given up: `2 of 3 restarts before giving up`; empty without any."""
    if not container.restarts:
        return ""
    return f"{min(container.restarts, restart_limit)} of {restart_limit} restarts before giving up"


def ran_for_s(container: ContainerFacts) -> float | None:
    """How long the container ran before it last ended, by its host's clock; None if that is not known."""
    started, finished = _time(container.started_at), _time(container.finished_at)
    if started is None or finished is None or finished < started:
        return None
    return (finished - started).total_seconds()


_SEE_OUTPUT = "see its last lines"
_MEMORY = "give it more with options: memory, or find out why it needs so much"


def _time(text: str) -> datetime | None:
    """Docker's RFC 3339 time with nanoseconds; its year 1 means never."""
    if not text or text.startswith("0001-"):
        return None
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    fraction = f".{rest[:digits][:6].ljust(6, '0')}" if dot and digits else ""
    zone = rest[digits:] if dot else ""
    try:
        return datetime.fromisoformat(head + fraction + zone)
    except ValueError:
        return None
