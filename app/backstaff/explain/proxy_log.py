"""The proxy's own log: what its health checks of one new target say.

kamal-proxy writes one JSON object per line (seen with 0.9): `Healthcheck failed` with `url` and `error` for
each failed check, `Target health updated` with `target` and `state` when the target becomes healthy. Its
deploy command itself only tells, at its end, that the time is up.
"""

import json
import re
from dataclasses import dataclass

from backstaff.events.facts import ProbeSummary

_FAILED = "Healthcheck failed"
_UPDATED = "Target health updated"


@dataclass(frozen=True)
class ProbeResult:
    """What one failed health check said."""

    url: str
    result: str


@dataclass(frozen=True)
class TargetState:
    """The proxy's mind about the target changed; once it is healthy, traffic moves to it."""

    target: str
    healthy: bool


def parse_proxy_line(line: str, target: str) -> ProbeResult | TargetState | None:
    """What a line of the proxy's log says of the health of `target` (`CONTAINER` or `CONTAINER:PORT`).

    None for everything else: requests, other targets, lines that are not JSON. The port is not compared,
    as checks may go to another port than traffic.
    """
    if not any(message in line for message in (_FAILED, _UPDATED)):
        return None  # a busy proxy writes thousands of lines a second, nearly all of them requests
    try:
        record: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    if record.get("msg") == _FAILED:
        url = str(record.get("url", ""))
        if _name(url) == _name(target):
            return ProbeResult(url, short_error(str(record.get("error", ""))))
    if record.get("msg") == _UPDATED:
        named = str(record.get("target", ""))
        if _name(named) == _name(target):
            return TargetState(named, healthy=record.get("state") == "healthy")
    return None


class ProbeFold:
    """Folds the health checks of one target: equal results in a row become one with a count."""

    def __init__(self) -> None:
        self.last: ProbeSummary | None = None
        """The latest result, None before the first."""

    def add(self, probe: ProbeResult, t: float) -> ProbeSummary:
        """Count a failed check at `t` seconds into the run on, or begin anew where it differs."""
        same = self.last is not None and (self.last.url, self.last.result) == (probe.url, probe.result)
        count = self.last.count + 1 if self.last is not None and same else 1
        self.last = ProbeSummary(url=probe.url, result=probe.result, ok=False, count=count, last_t=t)
        return self.last


def short_error(error: str) -> str:
    """The part of a Go network error that tells something: `connection refused`, `no such host`."""
    error = re.sub(r'^Get "?[^" ]+"?: ', "", error.strip())
    if "context deadline exceeded" in error or "Client.Timeout exceeded" in error:
        return "request timed out"
    if error in {"EOF", "unexpected EOF"}:
        return "connection closed without an answer (EOF)"
    for telling in ("connection refused", "no such host", "connection reset by peer", "no route to host"):
        if telling in error:
            return telling
    if "i/o timeout" in error:
        return "connection timed out"
    return error or "failed without a reason"


def short_url(url: str) -> str:
    """A probe's URL without the container's id, which says nothing to people: `:3000/up`."""
    return re.sub(r"^https?://[^/:]*", "", url)


def _name(address: str) -> str:
    """The container's part of `http://NAME:PORT/path` or `NAME:PORT`."""
    return re.sub(r"^https?://", "", address).partition("/")[0].partition(":")[0]
