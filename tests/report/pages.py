"""Pages of runs, and what a parser finds on them."""

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from backstaff.events.types import Event, Output
from backstaff.replay.recording import Recording
from backstaff.report.log_places import USUAL, Measures
from backstaff.report.page import write_page
from tests.events.builders import START
from tests.replay.journals import text_of

VOID = {"meta", "input"}
HOSTILE = (
    "</script><script>document.title = 'taken'</script>",
    "<img src=http://evil.test/a onerror=\"document.title='taken'\">",
    '"><svg onload=document.title=1>',
    "'><iframe src=javascript:alert(1)></iframe>",
    "<!--<script>",
    "]]></style><base href=http://evil.test/>",
    "javascript:document.title='taken'",
    "\x1b]0;taken\x07\x1b[2J\x9b31m",
    "\u202eevil\u2066\u200f\ufeff",
    "\u2028\u2029\x00\ufffe\U0001f600",
    "&lt;b&gt; &#60;b&#62; \\u003cb\\u003e",
    "{{7*7}} ${7*7} `x`",
)


def page_of(content: bytes | Iterable[Event], measures: Measures = USUAL) -> str:
    """The page of a journal with these events, or this content."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "run.jsonl"
        path.write_bytes(content if isinstance(content, bytes) else text_of(content))
        with Recording.open(path) as recording:
            file = StringIO()
            write_page(recording, file, measures)
            return file.getvalue()


def said(texts: Iterable[str], *, host: str = "h1", role: str = "web") -> list[Event]:
    """Lines of a container, a tenth of a second after each other."""
    return [
        Event(
            seq=number + 1,
            at=START,
            t=number / 10,
            body=Output(source="container", text=text, host=host, role=role),
        )
        for number, text in enumerate(texts)
    ]


class Parsed(HTMLParser):
    """What is on a page: its tags, and its texts, each with the tag it stands in. Tags must match."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def of(self, *tags: str) -> list[str]:
        """The texts that stand directly in some kinds of elements."""
        return [text for tag, text in self.texts if tag in tags]

    def shown(self) -> str:
        """All that a reader without JavaScript sees, in one line."""
        hidden = {"script", "style", "title"}
        return re.sub(r"\s+", " ", " ".join(text for tag, text in self.texts if tag not in hidden))


def log_of(page: str) -> tuple[list[list[object]], dict[str, object]]:
    """The lines in the page's log, and all else in its data."""
    data = json.loads(Parsed(page).of("script")[0])
    return data.pop("lines"), data


def log_texts(page: str) -> list[str]:
    """The texts of the page's log."""
    return [str(line[5]) for line in log_of(page)[0]]
