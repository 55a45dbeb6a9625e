"""An explanation in short: the cause in one line, or the whole as an indented block of text."""

from backstaff.events.facts import Explanation, Funnel, HostEvidence
from backstaff.explain.evidence import PROBE
from backstaff.explain.funnel import blocking_filter


def brief(why: Explanation, most: int = 3) -> str:
    """The evidence of the first hosts in one line: `h1 web GET :3000/up -> …; h2 web no container …`."""
    parts = [_in_short(each) for each in why.evidence[:most]]
    if len(why.evidence) > most:
        parts.append(f"{len(why.evidence) - most} more")
    return "; ".join(parts)


def _in_short(evidence: HostEvidence) -> str:
    who = f"{evidence.host} {evidence.role}".strip()
    blocking = blocking_filter(evidence.funnel) if evidence.funnel else None
    if blocking is not None:
        says = f"no container passes {blocking.filter}"
        dropped = [f"{each.container}: {each.value}" for each in blocking.dropped]
        return f"{who}: {says}" + (f" ({', '.join(dropped[:2])})" if dropped else "")
    telling = next((line for line in reversed(evidence.lines) if line.startswith(PROBE)), evidence.doing)
    return f"{who} {telling}"


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
