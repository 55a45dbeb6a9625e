"""ERB templates in deploy.yml: rendered without Ruby where possible, by an `erb` program where not."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path

from backstaff.config.commands import CommandUnavailable, run
from backstaff.config.issues import IssueList
from backstaff.config.ruby_expression import ExpressionFailed, RubyWorld, compile_expression
from backstaff.config.ruby_tokens import UnsupportedRuby
from backstaff.config.source_text import RenderedText, SourceText, Span, unrendered
from backstaff.config.unknown import PLACEHOLDER

_TAG = re.compile(r"<%%|[ \t]*<%-|<%(?:=|#)?")
_LONGEST_SHOWN = 200
_CLOSING = re.compile(r"%%>|-?%>")


class TagKind(StrEnum):
    """What a tag does."""

    VALUE = "="
    CODE = ""
    COMMENT = "#"


@dataclass(frozen=True)
class Copied:
    """Text between tags; `text` is what goes to the output, `start` where it stands in the file."""

    start: int
    text: str


@dataclass(frozen=True)
class Tag:
    """A tag; `start` is the offset of its `<%`."""

    start: int
    kind: TagKind
    source: str


@dataclass(frozen=True)
class ErbSettings:
    """Where templates run: environment, working directory, and the deadline of one command in seconds."""

    environ: Mapping[str, str]
    cwd: Path
    timeout_s: float


class UnclosedTag(Exception):
    """A tag has no end; carries the offset of its start."""

    def __init__(self, start: int) -> None:
        super().__init__("the tag is never closed with %>")
        self.start = start


def split_template(text: str) -> list[Copied | Tag]:
    """Splits a template at its tags, with ERB's trim mode `-`. Raises UnclosedTag."""
    parts: list[Copied | Tag] = []
    offset = copied_from = 0
    while opening := _TAG.search(text, offset):
        if opening[0] == "<%%":
            parts.append(Copied(copied_from, text[copied_from : opening.start()] + "<%"))
            offset = copied_from = opening.end()
            continue
        begin = _tag_begin(text, opening)
        parts.append(Copied(copied_from, text[copied_from:begin]))
        tag, offset = _read_tag(text, opening)
        parts.append(tag)
        copied_from = offset
    return [*parts, Copied(copied_from, text[copied_from:])]


def _tag_begin(text: str, opening: re.Match[str]) -> int:
    """`<%-` swallows the indentation before it, if nothing else is on its line so far."""
    start = opening.start()
    indented = opening[0].endswith("<%-") and (start == 0 or text[start - 1] == "\n")
    return start if indented else opening.end() - len(opening[0].lstrip(" \t"))


def _read_tag(text: str, opening: re.Match[str]) -> tuple[Tag, int]:
    start = opening.end() - len(opening[0].lstrip(" \t"))
    closing = _find_closing(text, opening.end())
    if closing is None:
        raise UnclosedTag(start)
    source = text[opening.end() : closing.start()].replace("%%>", "%>").strip()
    kind = TagKind(opening[0][-1]) if opening[0][-1] in "=#" else TagKind.CODE
    end = closing.end()
    if closing[0] == "-%>":
        end += 2 if text.startswith("\r\n", end) else text.startswith("\n", end)
    return Tag(start, kind, source), end


def _find_closing(text: str, offset: int) -> re.Match[str] | None:
    while closing := _CLOSING.search(text, offset):
        if closing[0] != "%%>":
            return closing
        offset = closing.end()
    return None


def render(source: SourceText, settings: ErbSettings, issues: IssueList) -> RenderedText | None:
    """The rendered text; whatever is wrong with a tag goes to `issues`.

    A value that could not be worked out is a placeholder. None where a tag that could not be understood may
    decide what else is in the file.
    """
    if "<%" not in source.text:
        return unrendered(source)
    try:
        parts = split_template(source.text)
    except UnclosedTag as error:
        issues.add_at(source.position(error.start), (), str(error))
        return None
    values, unsupported = _compile(parts, settings, lambda command: _output_of(command, settings))
    if not unsupported:
        return _render_parts(source, parts, values, issues)
    if program := shutil.which("erb", path=settings.environ.get("PATH")):
        rendered = _render_with_program(program, source, settings, issues)
        if rendered is not None:
            return rendered
    else:
        for tag in unsupported:
            problem = (
                f"the ERB expression `{_beginning(tag.source)}` needs Ruby, and no erb program is on the PATH"
            )
            issues.add_at(source.position(tag.start), (), problem)
    if any(tag.kind is TagKind.CODE for tag in unsupported):
        return None
    return _render_parts(source, parts, _compile(parts, settings, _left_out)[0], issues)


def _beginning(source: str) -> str:
    """Enough of an expression to know it by."""
    return source if len(source) <= _LONGEST_SHOWN else f"{source[:_LONGEST_SHOWN]}…"


_Values = dict[int, Callable[[], str]]


class _NotRun(Exception):
    """A value needs a command, and none is run any more because the file can not be used anyway."""


def _left_out(command: str) -> str:
    raise _NotRun(command)


def _compile(
    parts: list[Copied | Tag], settings: ErbSettings, output_of: Callable[[str], str]
) -> tuple[_Values, list[Tag]]:
    """Values of the tags by offset, and the tags that only Ruby understands. Runs nothing yet."""
    world = RubyWorld(settings.environ, output_of)
    values: _Values = {}
    unsupported: list[Tag] = []
    for tag in parts:
        if isinstance(tag, Copied) or tag.kind is TagKind.COMMENT:
            continue
        try:
            if tag.kind is TagKind.VALUE:
                values[tag.start] = compile_expression(tag.source, world)
            elif not _only_comments(tag.source):
                unsupported.append(tag)
        except UnsupportedRuby:
            unsupported.append(tag)
    return values, unsupported


def _only_comments(code: str) -> bool:
    lines = (line.strip() for line in code.splitlines())
    return all(not line or line.startswith("#") for line in lines)


def _render_parts(
    source: SourceText, parts: list[Copied | Tag], values: _Values, issues: IssueList
) -> RenderedText:
    """Values that are not among `values` are unknown."""
    output: list[str] = []
    spans: list[Span] = []
    length = 0
    for part in parts:
        text = part.text if isinstance(part, Copied) else _text_of(part, values, source, issues)
        spans.append(Span(length, part.start, copied=isinstance(part, Copied)))
        output.append(text)
        length += len(text)
    return RenderedText(source, "".join(output), spans)


def _text_of(tag: Tag, values: _Values, source: SourceText, issues: IssueList) -> str:
    if tag.kind is not TagKind.VALUE:
        return ""
    if tag.start not in values:
        return PLACEHOLDER
    try:
        return values[tag.start]()
    except _NotRun:
        return PLACEHOLDER
    except ExpressionFailed as error:
        problem = f"the ERB expression `{_beginning(tag.source)}` failed: {error}"
        issues.add_at(source.position(tag.start), (), problem)
        return PLACEHOLDER


def _output_of(command: str, settings: ErbSettings) -> str:
    try:
        ended = run(command, cwd=settings.cwd, environ=settings.environ, timeout_s=settings.timeout_s)
    except CommandUnavailable as error:
        raise ExpressionFailed(f"the command {error}") from error
    if ended.reason:
        raise ExpressionFailed(f"the command failed ({ended.reason})")
    return ended.stdout


def _render_with_program(
    program: str, source: SourceText, settings: ErbSettings, issues: IssueList
) -> RenderedText | None:
    place = source.position(source.text.index("<%"))
    try:
        ended = run(
            [program, "-T", "-"],
            cwd=settings.cwd,
            environ=settings.environ,
            timeout_s=settings.timeout_s,
            stdin=source.text,
        )
    except CommandUnavailable as error:
        issues.add_at(place, (), f"{program} {error}")
        return None
    if ended.reason:
        issues.add_at(place, (), f"{program} failed ({ended.reason})")
        return None
    return RenderedText(source, ended.stdout, _spans_by_line(source, ended.stdout))


def _spans_by_line(source: SourceText, rendered: str) -> list[Span]:
    """Finds the lines that came through unchanged; others count as written where the change begins."""
    before, after = source.text.split("\n"), rendered.split("\n")
    output = SourceText(source.file, rendered)
    spans: list[Span] = []
    for change, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for line in range(j1, j2):
            origin = i1 + (line - j1) if i2 - i1 == j2 - j1 else i1
            start = source.line_start(origin + 1)
            spans.append(Span(output.line_start(line + 1), start, copied=change == "equal"))
    return spans
