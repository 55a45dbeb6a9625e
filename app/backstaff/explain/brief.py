"""An explanation in short: the cause in one line, or the whole as an indented block of text."""

from collections.abc import Sequence

from backstaff.events.facts import Explanation, Funnel, HostEvidence
from backstaff.explain.funnel import blocking_filter
from backstaff.explain.probe_words import PROBE
from backstaff.explain.words import listed


def brief(why: Explanation, *, about: tuple[str, str] = ("", ""), most: int = 3) -> list[str]:
    """The evidence in short: `h1 and h2 web: GET :3000/up -> …`, one text for all that show the same.

    Only the first `most` texts are given, the other hosts are counted. `about` is the host and role that
    waits: what is known of itself goes without its name."""
    alike: dict[tuple[str, str], list[str]] = {}
    for each in why.evidence:
        alike.setdefault((each.role, _says(each)), []).append(each.host)
    texts = [_text(hosts, role, says, about) for (role, says), hosts in alike.items()]
    rest = sum(len(hosts) for hosts in list(alike.values())[most:])
    return [*texts[:most], f"{rest} more"] if rest else texts


def _text(hosts: Sequence[str], role: str, says: str, about: tuple[str, str]) -> str:
    itself = list(hosts) == [about[0]] and role in {"", about[1]}
    return says if itself else f"{f'{listed(hosts, most=4)} {role}'.strip()}: {says}"


def _says(evidence: HostEvidence) -> str:
    blocking = blocking_filter(evidence.funnel) if evidence.funnel else None
    if blocking is not None:
        dropped = [f"{each.container}: {each.value}" for each in blocking.dropped]
        drops = f" ({', '.join(dropped[:2])})" if dropped else ""
        return f"no container passes {blocking.filter}{drops}"
    return next((line for line in reversed(evidence.lines) if line.startswith(PROBE)), evidence.doing)


def explanation_lines(why: Explanation) -> list[str]:
    """The evidence and the advice as text, one block per host, filters aligned."""
    width = max((len(f"{each.host} {each.role}".strip()) for each in why.evidence), default=0)
    lines: list[str] = []
    for each in why.evidence:
        who = f"{each.host} {each.role}".strip()
        lines.append(f"{who:<{width}}  {each.doing}")
        indent = " " * (width + 2)
        lines += [f"{indent}{line}" for line in evidence_details(each)]
    if why.advice:
        lines.append(why.advice)
    return lines


def evidence_details(evidence: HostEvidence) -> list[str]:
    """What stands under a host's first line: filters, observations, last output."""
    lines = funnel_lines(evidence.funnel) if evidence.funnel else []
    lines += evidence.lines
    lines += [f"> {line}" for line in evidence.output]
    return lines


def funnel_lines(funnel: Funnel) -> list[str]:
    """One line per filter: its text, how many are left, and what it dropped with the value that did it."""
    if not funnel.candidates:
        return ["there is no container of this service on the host"]
    width = max((len(row.filter) for row in funnel.rows), default=0)
    count = max((len(str(row.matched)) for row in funnel.rows), default=0)
    lines = []
    for row in funnel.rows:
        dropped = [f"{each.container} ({each.value})" for each in row.dropped]
        told = f"dropped {', '.join(dropped[:3])}" if dropped else ""
        more = f" and {len(dropped) - 3} more" if len(dropped) > 3 else ""
        lines.append(f"{row.filter:<{width}}  {row.matched:>{count}}  {told}{more}".rstrip())
        if row.matched == 0:
            break
    return lines
