"""The page of a run: everything in one file, which asks nothing of any network."""

import base64
import hashlib
import math
from collections.abc import Iterator
from importlib import resources
from typing import TextIO

from backstaff.events.board import Board
from backstaff.explain.program import program
from backstaff.replay.recording import Moment, Recording
from backstaff.replay.summary import RunSummary
from backstaff.report.board_html import final_board, notices
from backstaff.report.card_html import failure_card
from backstaff.report.header_html import header, page_title
from backstaff.report.log_data import log_json
from backstaff.report.log_html import LOG_DATA_ID, log_section
from backstaff.report.log_lines import log_lines
from backstaff.report.log_places import USUAL, Measures, places_shown
from backstaff.report.markup import NOTHING, Html, element, joined
from backstaff.report.timeline_html import host_by_host, timeline
from backstaff.report.waits_html import open_waits


def write_page(recording: Recording, file: TextIO, measures: Measures = USUAL) -> None:
    """Write the page of a run, as far as it is recorded. It is ASCII, so `file` may have any encoding.

    The journal is gone through once if it has no index yet; neither memory nor the page grow with it beyond
    what `measures` allow. Raises `JournalError` if the journal can not be read, `OSError` of the file."""
    for _ in recording.make_index():
        pass
    moment = recording.moment_at(math.inf)
    for piece in _page(recording, moment, measures):
        file.write(piece)


def _page(recording: Recording, moment: Moment, measures: Measures) -> Iterator[str]:
    board, summary = moment.board, recording.summary()
    style, script = _own("style.css"), _own("script.js")
    yield f'<!DOCTYPE html>\n<html lang="en">\n{_head(board, style, script).source}\n<body>\n<main>\n'
    for part in _parts(recording, board, summary):
        if part is not NOTHING:
            yield f"{part.source}\n"
    yield f"{log_section().source}\n</main>\n{_footer(board).source}\n"
    yield f'<script type="application/json" id="{LOG_DATA_ID}">'
    lines = log_lines(recording, places_shown(recording, moment.offset, measures))
    yield from log_json(lines, summary.began)
    yield f"</script>\n<script>{script}</script>\n</body>\n</html>\n"


def _parts(recording: Recording, board: Board, summary: RunSummary) -> Iterator[Html]:
    """From top to bottom: what it was, why it failed or waited, where it left the hosts, how it went."""
    index = recording.index
    yield header(board, summary)
    yield failure_card(board)
    yield open_waits(board)
    yield final_board(board)
    yield notices(board, index.damaged)
    yield timeline(board, index.marks(), index.contents.marks.left_out)
    yield host_by_host(recording.breakdown())


def _head(board: Board, style: str, script: str) -> Html:
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", page_title(board)),
        Html(f"<style>{style}</style>"),
    )


def _footer(board: Board) -> Html:
    run = board.run
    told = [f"run {run.run}", run.config_file, program(run)] if run else ["Backstaff"]
    return element("footer", joined(*(element("span", each) for each in told if each)))


def _own(name: str) -> str:
    """The page's own style or script, which is ASCII and holds no end of its element."""
    return resources.files("backstaff.report").joinpath(name).read_text(encoding="ascii")


def _hash(content: str) -> str:
    """By which the page's policy knows its own style and script from any other."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
