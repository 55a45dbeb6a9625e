"""Matching names the way Ruby's `File.fnmatch` does with extended globs: `*`, `?`, `[a-z]`, `{a,b}`."""

import re
from itertools import pairwise


def split_items(text: str) -> tuple[str, ...]:
    """The items of a comma list; commas inside braces belong to a pattern. Blank items are left out."""
    items, depth, current = [], 0, ""
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth <= 0:
            items.append(current)
            current = ""
        else:
            current += character
    return tuple(item.strip() for item in (*items, current) if item.strip())


def matches(pattern: str, name: str) -> bool:
    """Whether the whole of `name` matches. A leading dot must be written out, as in a shell."""
    return any(_matches_one(each, name) for each in _expanded(pattern))


def _matches_one(pattern: str, name: str) -> bool:
    if name.startswith(".") and not pattern.startswith((".", "\\.")):
        return False
    expression = _expression(pattern)
    return expression is not None and re.fullmatch(expression, name, re.DOTALL) is not None


def _expanded(pattern: str) -> list[str]:
    """All patterns that the first pair of braces stands for, those inside it and after it included."""
    span = _braces(pattern)
    if span is None:
        return [pattern]
    start, end, commas = span
    edges = [start, *commas, end]
    choices = [pattern[left + 1 : right] for left, right in pairwise(edges)]
    return [each for choice in choices for each in _expanded(pattern[:start] + choice + pattern[end + 1 :])]


def _braces(pattern: str) -> tuple[int, int, list[int]] | None:
    """Where the first braces open and close, and the commas directly between them; None without such."""
    start, depth, index = -1, 0, 0
    commas: list[int] = []
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            index += 1
        elif character == "{":
            start = index if depth == 0 else start
            depth += 1
        elif character == "}" and depth > 0:
            depth -= 1
            if depth == 0:
                return start, index, commas
        elif character == "," and depth == 1:
            commas.append(index)
        index += 1
    return None


def _expression(pattern: str) -> str | None:
    """The pattern as a regular expression; None if it can match nothing, as with an open bracket."""
    parts, index = [], 0
    while index < len(pattern):
        character = pattern[index]
        if character == "[":
            end = _bracket_end(pattern, index)
            if end is None:
                return None
            parts.append(_set(pattern[index + 1 : end]))
            index = end
        elif character == "\\" and index + 1 < len(pattern):
            index += 1
            parts.append(re.escape(pattern[index]))
        else:
            parts.append({"*": ".*", "?": "."}.get(character) or re.escape(character))
        index += 1
    return "".join(parts)


def _bracket_end(pattern: str, start: int) -> int | None:
    index = start + 1
    if pattern[index : index + 1] in ("!", "^"):
        index += 1
    first = index
    while index < len(pattern):
        if pattern[index] == "]" and index > first:
            return index
        index += 2 if pattern[index] == "\\" else 1
    return None


def _set(body: str) -> str:
    negated = body.startswith(("!", "^"))
    members = re.sub(r"\\(.)", r"\1", body[1:] if negated else body)
    ranges = re.findall(r"(.)-(.)|(.)", members, re.DOTALL)
    alternatives = "|".join(_member(low, high, single) for low, high, single in ranges)
    return f"(?!{alternatives})." if negated else f"(?:{alternatives})"


def _member(low: str, high: str, single: str) -> str:
    if single:
        return re.escape(single)
    return f"[{re.escape(low)}-{re.escape(high)}]" if low <= high else "(?!)"
