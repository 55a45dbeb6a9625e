import json

import pytest

from backstaff.errors import JournalError
from backstaff.events import migrations, wire
from backstaff.events.migrations import STEPS, Record, upgraded
from backstaff.events.types import FORMAT_VERSION, Event, Notice
from backstaff.events.wire import parse_line
from tests.events.builders import START


def renamed(old: str, new: str) -> migrations.Step:
    def step(record: Record) -> Record:
        rest = {key: value for key, value in record.items() if key != old}
        return {**rest, new: record[old]} if old in record else rest

    return step


def test_there_is_a_step_from_every_version_to_the_next() -> None:
    assert len(STEPS) == FORMAT_VERSION - 1


def test_a_record_goes_through_the_steps_that_its_version_lacks() -> None:
    steps = (renamed("a", "b"), renamed("b", "c"))
    assert upgraded({"v": 1, "a": "x"}, steps) == {"v": 3, "c": "x"}
    assert upgraded({"v": 2, "b": "x"}, steps) == {"v": 3, "c": "x"}
    assert upgraded({"v": 3, "c": "x"}, steps) == {"v": 3, "c": "x"}


def test_version_2_would_be_one_function_away(monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event(seq=1, at=START, t=0.5, body=Notice(level="info", text="x"))
    newest = json.loads(event.to_line())
    older = renamed("text", "message")(newest)
    steps = (renamed("message", "text"),)
    monkeypatch.setattr(wire, "FORMAT_VERSION", 2)
    monkeypatch.setattr(wire, "upgraded", lambda record: upgraded(record, steps))
    assert parse_line(json.dumps(older)) == event.model_copy(update={"v": 2})
    assert parse_line(json.dumps({**newest, "v": 2})) == event.model_copy(update={"v": 2})
    with pytest.raises(JournalError, match="text: Field required"):
        parse_line(json.dumps({**older, "v": 2}))
    with pytest.raises(JournalError, match="format version 3 is newer than 2"):
        parse_line(json.dumps({**newest, "v": 3}))


def test_a_record_that_a_step_can_not_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def step(record: Record) -> Record:
        return {**record, "text": str(record["message"])}

    monkeypatch.setattr(wire, "FORMAT_VERSION", 2)
    monkeypatch.setattr(wire, "upgraded", lambda record: upgraded(record, (step,)))
    with pytest.raises(JournalError, match="no event of format version 1: KeyError"):
        parse_line('{"v":1,"seq":1,"kind":"notice"}')
