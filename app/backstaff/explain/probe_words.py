"""What the proxy's health checks said of a container, in an operator's words.

kamal-proxy itself only says, when it gives up, that the time is up; its checks say why.
"""

import re

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import ProbeSummary
from backstaff.explain.advice import http_status, path_and_port
from backstaff.explain.proxy_log import short_url
from backstaff.explain.words import duration, times

PROBE = "GET "
"""How a line about a health check over HTTP begins."""
PROXY_SAYS = "kamal-proxy says: "
"""How the proxy's own words are quoted."""
_GAVE_UP = re.compile(r"target failed to become healthy within configured timeout \(([^)]*)\)")
_GO_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")
_SEEN = {
    "connection refused": "nothing listens on port {port}: connection refused",
    "connection timed out": "port {port} takes no connection: timed out",
    "request timed out": "{role} did not answer GET {path} in time",
    "connection closed without an answer (EOF)": "{role} closed the connection without answering GET {path}",
    "connection reset by peer": "{role} broke off the connection during GET {path}",
    "no such host": "the proxy does not find the container in its network: no such host",
    "no route to host": "the proxy has no way to the container: no route to host",
}


def probe_in_short(probe: ProbeSummary) -> str:
    """A health check and its result: `GET :3000/up -> status 500`."""
    status = http_status(probe.result)
    result = probe.result if status is None else f"status {status}"
    return f"{PROBE}{short_url(probe.url)} -> {result}"


def plain_cause(board: Board, pair: PairView, cause: str) -> str:
    """Why a pair failed. Where the proxy only said that its time is up: what it saw until then."""
    limit_s = gave_up_after_s(cause)
    if limit_s is None:
        return cause
    probe = telling_probe(board, pair)
    if probe is None:
        return f"the proxy did not find {pair.role} healthy within {duration(limit_s)}"
    return f"{_seen(pair.role, probe)}, {times(probe.count)} in {duration(limit_s)}"


def telling_probe(board: Board, pair: PairView) -> ProbeSummary | None:
    """The last check of a pair's new container, None unless it failed."""
    probes = board.probes.get(pair.key, ())
    return probes[-1] if probes and not probes[-1].ok else None


def gave_up_after_s(said: str) -> float | None:
    """The seconds after which kamal-proxy gave a container up; None if that is not what it said."""
    found = _GAVE_UP.search(said)
    span = _GO_DURATION.fullmatch(found[1]) if found else None
    if span is None or not span[0]:
        return None
    hours, minutes, seconds = span.groups(default="0")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _seen(role: str, probe: ProbeSummary) -> str:
    path, port = path_and_port(probe.url)
    status = http_status(probe.result)
    if status is not None:
        return f"{role} answered {status} on GET {path}"
    words = _SEEN.get(probe.result)
    return words.format(role=role, path=path, port=port) if words else f"GET {path} failed: {probe.result}"
