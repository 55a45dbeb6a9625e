"""The lines of a log that are wanted, beside what GNU grep picks of the same lines."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.engine.wanted_lines import ALL, LinePicker, Wanted
from backstaff.hosts.protocol import LogLine

NUMBERS = st.integers(min_value=0, max_value=3)


def line(text: str) -> LogLine:
    return LogLine("stdout", "", text)


def picked(wanted: Wanted, texts: list[str]) -> list[str]:
    picker = LinePicker(wanted)
    return [each.text for text in texts for each in picker.take(line(text))]


def by_grep(wanted: Wanted, texts: list[str]) -> list[str]:
    most = [] if wanted.most is None else ["-m", str(wanted.most)]
    command = ["grep", *most, "-B", str(wanted.before), "-A", str(wanted.after), "--no-group-separator", "x"]
    done = subprocess.run(command, input="\n".join([*texts, ""]), capture_output=True, text=True)
    return done.stdout.splitlines()


@pytest.mark.skipif(shutil.which("grep") is None, reason="grep is not installed")
@given(
    texts=st.lists(st.booleans(), max_size=12),
    before=NUMBERS,
    after=NUMBERS,
    most=st.none() | st.integers(min_value=1, max_value=3),
)
def test_what_is_picked_is_what_grep_picks(
    texts: list[bool], before: int, after: int, most: int | None
) -> None:
    lines = [f"{'x' if matches else 'o'}{number}" for number, matches in enumerate(texts)]
    wanted = Wanted(lambda text: text.startswith("x"), before=before, after=after, most=most)
    assert picked(wanted, lines) == by_grep(wanted, lines)


def test_everything_is_wanted_where_nothing_is_said() -> None:
    assert picked(ALL, ["a", "b"]) == ["a", "b"]


def test_a_picker_is_done_once_nothing_more_can_come() -> None:
    picker = LinePicker(Wanted(lambda text: text == "x", after=1, most=1))
    done = []
    for text in ("o", "x", "o", "o"):
        picker.take(line(text))
        done.append(picker.is_done)
    assert done == [False, False, True, True]
