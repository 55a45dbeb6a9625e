"""Tables and records of commands that look."""

import json

import pytest

from backstaff.cli.answers import Answer


def test_columns_are_aligned_by_what_a_terminal_shows(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"host": "漢字", "state": "up"}, {"host": "web-1", "state": "down"}]
    Answer(as_json=False).table(("host", "state"), rows, empty="")
    assert capsys.readouterr().out == "host   state\n漢字   up\nweb-1  down\n"


def test_what_a_host_says_can_not_drive_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"host": "h1", "state": "\x1b[31mred\x9b2J"}
    Answer(as_json=False).table(("host", "state"), [row], empty="")
    Answer(as_json=True).table(("host", "state"), [row], empty="")
    table, record = capsys.readouterr().out.split("\n")[1:-1]
    assert table == "h1    red"
    assert record.isprintable()
    assert json.loads(record) == row
