"""Several hosts that can not be used: what is wrong with each, and what to do about it, alike told once."""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from backstaff.config.host_address import parse_host
from backstaff.errors import BackstaffError
from backstaff.explain.words import listed

MOST_CAUSES = 12
"""Lines of causes; where there are more, those are told together that have the same way out."""
MOST_FIXES = 8
MOST_NAMES = 20
"""Hosts of one cause that are named. With what is to be done fewer will do: the causes have all of them."""
_MOST_PROOF = 3
_ITSELF = "\0"
"""Stands for a host's own address; it is in no text that is shown."""


def causes(failures: Mapping[str, BackstaffError]) -> tuple[str, ...]:
    """A line for each cause, with the hosts it is the cause of and what proves it. `failures` are by host."""
    failed = _failed(failures)
    groups = _grouped(failed, lambda each: each.without_name(each.cause))
    if len(groups) > MOST_CAUSES:
        groups = _grouped(failed, lambda each: (type(each.error), each.way_out))
    if len(groups) <= MOST_CAUSES:
        return tuple(_cause_of(group) for group in groups)
    first, rest = groups[: MOST_CAUSES - 1], groups[MOST_CAUSES - 1 :]
    others = listed([each.host for group in rest for each in group], MOST_NAMES)
    return (*map(_cause_of, first), f"{others}: other causes")


def fixes(failures: Mapping[str, BackstaffError]) -> str:
    """What to do, a line for each way out, with the hosts it is for where it is not for all of them.

    A way out that differs by nothing but the host's name is told for one host, so that its commands can be
    copied, and the others are named."""
    failed = _failed(failures)
    texts = {each.error.fix for each in failed}
    if len(texts) == 1:
        return texts.pop()
    groups = _grouped([each for each in failed if each.error.fix], lambda each: each.way_out)
    lines = [line for group in groups[:MOST_FIXES] for line in _fix_of(group)]
    if rest := [each.host for group in groups[MOST_FIXES:] for each in group]:
        lines.append(f"{listed(rest)}: something else for each; the next try tells it once these are done")
    return "\n".join(lines)


@dataclass(frozen=True)
class _Failed:
    """A host, and why it can not be used."""

    host: str
    error: BackstaffError

    @property
    def cause(self) -> str:
        """What happened and what proves it: the way out may speak of that."""
        return "; ".join([self.error.what, *self.error.evidence[:_MOST_PROOF]])

    @property
    def way_out(self) -> str:
        """What to do, as it can be compared with what to do about another host."""
        return self.without_name(self.error.fix)

    @property
    def address(self) -> str:
        """The host without user and port."""
        return parse_host(self.host).host

    def without_name(self, text: str) -> str:
        """A text without the address of the host that it is about."""
        own = rf"(?<![\w.-]){re.escape(self.address)}(?!\.?[\w-])"
        return re.sub(own, _ITSELF, text, flags=re.IGNORECASE)


def _failed(failures: Mapping[str, BackstaffError]) -> list[_Failed]:
    return [_Failed(host, error) for host, error in failures.items()]


def _grouped(failed: Sequence[_Failed], kind: Callable[[_Failed], Hashable]) -> list[list[_Failed]]:
    """Those of each kind together, in the order in which the kinds come first."""
    groups: dict[Hashable, list[_Failed]] = {}
    for each in failed:
        groups.setdefault(kind(each), []).append(each)
    return list(groups.values())


def _cause_of(group: Sequence[_Failed]) -> str:
    """The cause of a group. Where it has other words for some, the first host's stand for all."""
    first = group[0]
    same = [each.host for each in group if each.cause == first.cause]
    others = [each.host for each in group if each.cause != first.cause]
    told = f"{listed(same, MOST_NAMES)}: {first.cause}"
    return f"{told}; likewise on {listed(others, MOST_NAMES)}" if others else told


def _fix_of(group: Sequence[_Failed]) -> list[str]:
    first = group[0]
    same = [each.host for each in group if each.error.fix == first.error.fix]
    others = [each.host for each in group if each.error.fix != first.error.fix]
    lines = [f"{listed(same)}: {first.error.fix}"]
    if others:
        own = "their own names" if len(others) > 1 else "its own name"
        lines.append(f"{listed(others)}: the same, with {own} in place of {first.address}")
    return lines
