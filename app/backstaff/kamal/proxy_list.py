"""Reading the table that `kamal-proxy list` prints."""

import re
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_HEADING = re.compile(r"\S+")


@dataclass(frozen=True)
class ProxyService:
    """One service of the proxy. `target` is `NAME:PORT`; a column that the proxy did not print is empty."""

    name: str
    host: str
    path: str
    target: str
    state: str
    tls: bool


def parse_services(output: str) -> list[ProxyService]:
    """The services of a list, found by the column headings; empty where there is no such table."""
    lines = [_ANSI.sub("", line) for line in output.splitlines()]
    header = next((index for index, line in enumerate(lines) if line.startswith("Service ")), None)
    if header is None:
        return []
    starts = [match.start() for match in _HEADING.finditer(lines[header])]
    headings = _cells(lines[header], starts)
    rows = (dict(zip(headings, _cells(line, starts), strict=True)) for line in lines[header + 1 :] if line)
    return [_service(row) for row in rows]


def _cells(line: str, starts: list[int]) -> list[str]:
    ends = [*starts[1:], len(line)]
    return [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def _service(row: dict[str, str]) -> ProxyService:
    return ProxyService(
        name=row.get("Service", ""),
        host=row.get("Host", ""),
        path=row.get("Path", ""),
        target=row.get("Target", ""),
        state=row.get("State", ""),
        tls=row.get("TLS", "") == "yes",
    )
