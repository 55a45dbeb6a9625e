"""The timeline on the page: a row for each phase, wait and failure, with its words beside its bar.

Bars are drawn in parts of a hundred of the row's width, so that they fit any window; each is a link to its
time in the log.
"""

from collections.abc import Sequence

from backstaff.events.board import Board
from backstaff.explain.words import counted
from backstaff.headless.breakdown_text import breakdown_lines
from backstaff.headless.card import clock
from backstaff.replay.breakdown import Breakdown
from backstaff.replay.marks import Mark
from backstaff.report.looks import state, tone_class
from backstaff.report.markup import NOTHING, Html, element, joined
from backstaff.report.timeline_rows import Bar, Row, Rows, event_rows, phase_rows, wait_rows

_STEPS = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_MOST_TICKS = 6
_NARROWEST = 0.35
_COLUMNS = 110
_HEIGHT = "18"


def timeline(board: Board, marks: Sequence[Mark], marks_left_out: int) -> Html:
    """The timeline; nothing for a run in which nothing began."""
    length_s = max(board.t, 0.001)
    kinds = [
        ("phases", phase_rows(board)),
        ("failures", event_rows(marks)),
        ("waits", wait_rows(marks, board.t)),
    ]
    parts = [_rows(kind, rows, length_s) for kind, rows in kinds if rows.rows]
    if not parts:
        return NOTHING
    missing = f"{counted(marks_left_out, 'mark')} more did not fit into the journal's index"
    more = element("p", missing, class_="quiet") if marks_left_out else NOTHING
    title = element("h2", "Where the time went")
    return element("section", title, _axis(length_s), *parts, more, class_="timeline")


def host_by_host(breakdown: Breakdown) -> Html:
    """Each phase with its slowest hosts and what those waited for, folded away; nothing if no host did
    anything."""
    if not breakdown.hosts:
        return NOTHING
    lines = map(str, breakdown_lines(breakdown, _COLUMNS))
    told = element("pre", *(joined(line, Html("\n")) for line in lines))
    wide = element("div", told, class_="wide", tabindex="0", role="region", aria_label="Host by host")
    return element("details", element("summary", "host by host"), wide, class_="breakdown")


def _rows(kind: str, rows: Rows, length_s: float) -> Html:
    left_out = f"and {rows.left_out} more, shorter" if kind == "waits" else f"and {rows.left_out} more"
    more = element("p", left_out, class_="quiet") if rows.left_out else NOTHING
    listed = element("ol", *(_row(row, length_s, of_phase=kind == "phases") for row in rows.rows))
    return joined(element("h3", kind), listed, more)


def _row(row: Row, length_s: float, *, of_phase: bool) -> Html:
    label = element("a", row.label, class_="label", href=_href(row.bars[0].t))
    how = state(row.look) if not of_phase or row.look.word != "done" else _glyph(row)
    told = element("span", how, element("span", row.time, class_="took"), class_="how")
    bars = [_bar(bar, length_s) for bar in row.bars]
    track = element("svg", *bars, class_="track", width="100%", height=_HEIGHT, aria_hidden="true")
    return element("li", label, told, track)


def _glyph(row: Row) -> Html:
    """The state of a phase that went well: it needs no more than that."""
    glyph = element("span", row.look.glyph, class_="glyph", role="img", aria_label=row.look.word)
    return element("span", glyph, class_=f"state {tone_class(row.look.tone)}")


def _bar(bar: Bar, length_s: float) -> Html:
    at = 100 * bar.t / length_s
    title = element("title", bar.words)
    if bar.until_t == bar.t:
        x = f"{min(at, 100 - _NARROWEST):.3f}%"
        shape = element("svg", element("path", title, d="M-6 9 0 3 6 9 0 15Z"), x=x, overflow="visible")
    else:
        width = max(_NARROWEST, 100 * (bar.until_t - bar.t) / length_s)
        x = f"{max(0.0, min(at, 100 - width)):.3f}%"
        shape = element("rect", title, x=x, y="4", width=f"{width:.3f}%", height="10", rx="2")
    return element("a", shape, class_=f"bar {tone_class(bar.look.tone)}", href=_href(bar.t), tabindex="-1")


def _axis(length_s: float) -> Html:
    """Times since the run began."""
    step = next((step for step in _STEPS if length_s / step <= _MOST_TICKS), _STEPS[-1])
    count = min(_MOST_TICKS, int(length_s / step))
    ticks = [_tick(number * step, 100 * number * step / length_s) for number in range(count + 1)]
    svg = element("svg", *ticks, class_="track", width="100%", height=_HEIGHT, aria_hidden="true")
    return element("div", svg, class_="axis")


def _tick(t: float, at: float) -> Html:
    near_end = at > 96
    x = f"{at:.3f}%"
    told = f"{t:g} s" if t < 60 else clock(t)
    line = element("line", x1=x, x2=x, y1="13", y2="18")
    return joined(line, element("text", told, x=x, y="10", text_anchor="end" if near_end else "start"))


def _href(t: float) -> str:
    return f"#t={t:.3f}"
