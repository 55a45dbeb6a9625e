"""Finding any of many texts in another one, fast where there is none."""

import re
from collections.abc import Iterable
from itertools import groupby

Span = tuple[int, int]


class Needles:
    """Texts to be found, none shorter than `HEAD` characters.

    Only how they begin is looked for by an expression: it stays small however long they are, and takes no
    longer for many that begin alike."""

    HEAD = 4

    def __init__(self, needles: Iterable[str]) -> None:
        self._by_head: dict[str, list[str]] = {}
        for needle in sorted(set(needles), key=lambda each: (-len(each), each)):
            self._by_head.setdefault(needle[: self.HEAD], []).append(needle)
        self._heads = re.compile("|".join(_branches(self._by_head)))

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._by_head)

    def spans(self, text: str) -> list[Span]:
        """Where they are, from left to right: at each place the longest, and none that overlaps another."""
        spans: list[Span] = []
        found = self._heads.search(text) if self._by_head else None
        while found:
            start = found.start()
            fitting = (each for each in self._by_head[found[0]] if text.startswith(each, start))
            end = start + len(next(fitting, ""))
            if end > start:
                spans.append((start, end))
            found = self._heads.search(text, max(end, start + 1))
        return spans


def _branches(heads: Iterable[str]) -> Iterable[str]:
    """An expression for all heads that begin with the same character, for each of those."""
    for first, alike in groupby(sorted(heads), key=lambda head: head[0]):
        yield f"{re.escape(first)}(?:{'|'.join(re.escape(head[1:]) for head in alike)})"
