import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.events.inert import inert
from backstaff.events.types import Event, Output
from backstaff.events.wire import parse_line
from backstaff.headless.ci import GitHubFormat
from backstaff.headless.colour import Tone, colour_wanted
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.paint import Paint
from backstaff.headless.styled import Styled, styled
from tests.events.builders import START, a_good_deploy

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"NO_COLOR": ""}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "0"}, False),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colour_follows_the_terminal_and_no_color(environ: dict[str, str], wanted: bool) -> None:
    assert colour_wanted(Terminal(), environ) is wanted
    assert colour_wanted(io.StringIO(), environ) is False


def test_a_closed_stream_wants_no_colour() -> None:
    closed = Terminal()
    closed.close()
    assert colour_wanted(io.StringIO(), {}) is False


def test_each_event_is_one_line_of_json_and_nothing_else() -> None:
    out = io.StringIO()
    sink = JsonSink(Outlet(out))
    events = a_good_deploy().events
    for event in events:
        sink(event)
    assert [parse_line(line) for line in out.getvalue().splitlines()] == events


def test_json_carries_no_control_characters_either() -> None:
    out = io.StringIO()
    hostile = Output(source="container", text="\x1b[31m\x9b2J\x7f\u2028\n")
    JsonSink(Outlet(out))(Event(seq=1, at=START, t=0, body=hostile))
    (line,) = out.getvalue().split("\n")[:-1]
    assert line.isprintable()
    assert json.loads(line)["text"] == hostile.text


def test_characters_that_the_streams_encoding_lacks_do_not_stop_a_deploy() -> None:
    raw = io.BytesIO()
    outlet = Outlet(io.TextIOWrapper(raw, encoding="latin-1"))
    outlet.line("shop · 漢")
    assert raw.getvalue() == "shop · ?\n".encode("latin-1")
    assert not outlet.closed


def test_a_closed_stream_only_costs_the_text() -> None:
    stream = io.StringIO()
    outlet = Outlet(stream)
    stream.close()
    outlet.line("x")
    outlet.line("y")
    assert outlet.closed


CODE = """
import sys
from tests.headless.pictures import failed
from backstaff.headless.ndjson import JsonSink
from backstaff.headless.outlet import Outlet
from backstaff.headless.sink import LineSink

outlet = Outlet(sys.stdout)
sink = JsonSink(outlet) if sys.argv[1] == "json" else LineSink(outlet)
sys.stdin.readline()
for event in failed() * 20:
    sink(event)
print("went on" if outlet.closed else "never noticed", file=sys.stderr)
"""


@pytest.mark.parametrize("form", ["lines", "json"])
def test_a_reader_that_goes_away_does_not_end_the_run(form: str) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'app'}{os.pathsep}{ROOT}"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", CODE, form], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate("go\n", timeout=60)
    assert said == "went on\n"
    assert process.returncode == 0


def test_a_full_disk_behind_the_output_does_not_end_the_run() -> None:
    with Path("/dev/full").open("w") as full:
        outlet = Outlet(full)
        outlet.line("x")
        outlet.line("y")
        assert outlet.closed


def test_colours_are_put_on_pieces_and_ended_after_each() -> None:
    line = styled("x", Tone.BAD) + " y " + styled("", Tone.GOOD) + styled("z", Tone.PLAIN)
    assert Paint(enabled=False)(line) == str(line) == "x y z"
    assert Paint(enabled=True)(line) == "\x1b[31;1mx\x1b[0m y z"


def test_blanks_go_at_the_end_of_a_line_whatever_their_tone() -> None:
    line = "a " + styled("b  ", Tone.BAD) + " " + styled("", Tone.DIM)
    assert line.rstrip() == "a " + styled("b", Tone.BAD)
    assert (styled(" ", Tone.BAD) + " ").rstrip() == Styled()


CODES = st.sampled_from([*(f"\x1b[{tone.value}m" for tone in Tone), "\x1b[0m", "\x9b32m", "\x1b", "[32m"])


@given(st.lists(st.tuples(CODES | st.text(max_size=3), st.sampled_from(Tone)), max_size=6))
def test_no_text_brings_a_code_of_its_own_not_even_one_of_ours(pieces: list[tuple[str, Tone]]) -> None:
    line = Styled(tuple(pieces))
    painted = Paint(enabled=True)(line)
    ours = sum(bool(tone.value and inert(text)) for text, tone in pieces)
    assert painted.count("\x1b") == 2 * ours
    assert painted.count("\x1b[0m") == ours
    assert "\x1b" not in Paint(enabled=True)(str(line))
    assert "\x1b" not in Paint(enabled=False)(line)


def test_a_line_keeps_our_colours_and_no_other_codes() -> None:
    hostile = "\x1b[2J\x1b]0;title\x07a\u202eb\nc\x9b31m\x1b[5m"
    line = f"{hostile} " + styled(hostile, Tone.BAD)
    for colour, shown in ((True, "ab c \x1b[31;1mab c\x1b[0m"), (False, "ab c ab c")):
        out = io.StringIO()
        Outlet(out, paint=Paint(enabled=colour)).line(line)
        assert out.getvalue() == f"{shown}\n"


def test_what_only_becomes_a_mark_once_it_is_inert_is_none_either() -> None:
    out = io.StringIO()
    outlet = Outlet(out, ci=GitHubFormat())
    outlet.line("\u200b::error::forged")
    outlet.line("#\u200b#[error]forged")
    outlet.mark("::endgroup::")
    assert out.getvalue() == ".::error::forged\n## [error]forged\n::endgroup::\n"


def test_json_says_the_same_to_whoever_reads_it_back_from_a_ci_log() -> None:
    out = io.StringIO()
    said = Output(source="container", text="##[error]forged ::error::x \u200b##[[")
    event = Event(seq=1, at=START, t=0, body=said)
    JsonSink(Outlet(out, ci=GitHubFormat(), paint=Paint(enabled=True)))(event)
    assert "##[" not in out.getvalue()
    assert parse_line(out.getvalue()) == event
