import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.types import Event, Notice
from backstaff.events.wire import parse_line
from tests.events.builders import START, a_good_deploy
from tests.events.strategies import BODIES, any_event, of_type


@given(any_event)
def test_every_event_comes_back_from_its_line(event: Event) -> None:
    line = event.to_line()
    assert "\n" not in line
    assert parse_line(line) == event


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
@given(data=st.data())
def test_each_kind_comes_back_with_all_its_fields(body: type, data: st.DataObject) -> None:
    event = Event(seq=1, at=START, t=0.5, body=data.draw(of_type(body)))
    assert parse_line(event.to_line().encode()) == event


def a_line(**changes: object) -> str:
    event = Event(seq=7, at=START, t=1.25, body=Notice(level="info", text="x"))
    record = {**json.loads(event.to_line()), **changes}
    return json.dumps({key: value for key, value in record.items() if value is not None})


def test_the_wire_form_is_one_flat_object() -> None:
    assert json.loads(a_line()) == {
        "v": 1,
        "seq": 7,
        "at": "2026-11-23T12:03:57Z",
        "t": 1.25,
        "kind": "notice",
        "level": "info",
        "text": "x",
        "host": "",
    }


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("", "not JSON"),
        ("INFO [3f] Running docker ps", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"time":"12:00","msg":"x"}', "no format version"),
        (a_line(v=0), "no format version"),
        (a_line(v=True), "no format version"),
        (a_line(v="1"), "no format version"),
        (a_line(v=2), "format version 2 is newer than 1"),
        (a_line(kind="telepathy"), "unknown event kind 'telepathy'"),
        (a_line(kind=["notice"]), "unknown event kind"),
        (a_line(kind=None), "it has no kind"),
        (a_line(level="loud"), "event notice: level: Input should be 'info' or 'warning'"),
        (a_line(extra=1), "event notice: extra: Extra inputs are not permitted"),
        (a_line(seq=None), "event notice: seq: Field required"),
        (a_line(at="yesterday"), "event notice: at: "),
        (a_line(t=float("nan")), "not JSON"),
        (a_line().replace("1.25", "1e999"), "event notice: t: no run has such a time"),
        (a_line(t="nan"), "event notice: t: no run has such a time"),
        (a_line(t=-0.001), "event notice: t: no run has such a time"),
        (a_line(t=1e11), "event notice: t: no run has such a time"),
        (a_line(at="0001-01-01T00:00:00+23:59"), "event notice: at: no run was at such a time"),
        (a_line(at="9999-12-31T23:59:59Z"), "event notice: at: no run was at such a time"),
        (a_line(at="2026-11-23T12:03:57"), "event notice: at: no run was at such a time"),
        (a_line(text="\ud83d"), "half a character"),
    ],
)
def test_what_is_no_event_of_ours_is_refused_with_the_reason(line: str, what: str) -> None:
    with pytest.raises(JournalError) as refused:
        parse_line(line)
    assert what in refused.value.what
    assert "\n" not in refused.value.what


@pytest.mark.parametrize("value", [1e308, -1e308, "inf", "nan", 10**400])
@pytest.mark.parametrize("name", ["took_s", "exit_code"])
def test_numbers_that_can_not_be_reckoned_with_are_refused(name: str, value: object) -> None:
    sound: dict[str, object] = {"kind": "run_ended", "level": None, "text": None, "host": None}
    sound |= {"verdict": "done", "took_s": 1, "exit_code": 0}
    assert parse_line(a_line(**sound))
    with pytest.raises(JournalError, match=f"event run_ended: {name}: "):
        parse_line(a_line(**{**sound, name: value}))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(JournalError, match="the text is not UTF-8"):
        parse_line(a_line(text="caf\u00e9").replace("\\u00e9", "\u00e9").encode("latin-1"))


def test_a_character_in_two_halves_is_whole() -> None:
    event = parse_line(a_line(text="\U0001f6a2"))
    assert event.body == Notice(level="info", text="\U0001f6a2")


def test_a_newer_format_tells_what_to_do() -> None:
    with pytest.raises(JournalError) as refused:
        parse_line(a_line(v=2, kind="telepathy"))
    assert "the Backstaff version that wrote it" in refused.value.fix


def test_a_whole_run_survives_the_wire() -> None:
    events = a_good_deploy().events
    assert [parse_line(event.to_line()) for event in events] == events
