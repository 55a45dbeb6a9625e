"""The log as data in the page: JSON that can not end the element it stands in, written line by line."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from backstaff.report.log_lines import GAP, LogLine

_MEANING = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""The characters of JSON that can mean something to a browser stand in its strings alone."""
_GAP_SOURCE = -1


class _Names:
    """Names by number, each one written once."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def log_json(lines: Iterable[LogLine], began: datetime | None) -> Iterator[str]:
    """An object in pieces: `lines` as arrays of time, source, host, role, tone and text, the former by their
    numbers in the lists of names that follow them; `began` in milliseconds since 1970. All of it is ASCII."""
    sources, hosts, roles = _Names(), _Names(), _Names()
    yield '{"lines":['
    for count, line in enumerate(lines):
        source = _GAP_SOURCE if line.source == GAP else sources.number(line.source)
        tone = line.tone.name.lower()
        row = [line.t, source, hosts.number(line.host), roles.number(line.role), tone, line.text]
        yield ("," if count else "") + "\n" + script_json(row)
    names = {
        "sources": list(sources.numbers),
        "hosts": list(hosts.numbers),
        "roles": list(roles.numbers),
        "began": round(began.timestamp() * 1000) if began else 0,
    }
    yield "\n]," + script_json(names)[1:]


def script_json(value: object) -> str:
    """JSON for a script element."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).translate(_MEANING)
