"""JSON that can be printed anywhere and says the same as before."""

import json
import re

from backstaff.events.inert import IGNORABLE

_HARMFUL = re.compile(f"[\x7f-\x9f\u2028\u2029{IGNORABLE}]|(?<=##)\\[")


def inert_json(line: str) -> str:
    """JSON with those characters escaped that would drive a terminal, hide and reorder what it shows, or make
    a command to GitHub Actions (`##[…]`, which it takes anywhere in a line)."""
    return _HARMFUL.sub(_escaped, line)


def _escaped(found: re.Match[str]) -> str:
    return r"\u005b" if found[0] == "[" else json.dumps(found[0])[1:-1]
