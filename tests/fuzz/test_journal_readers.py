"""Every command that reads journals, over sound ones with odd values in them: no value breaks a command."""

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.errors import JournalError
from backstaff.events.wire import parse_line
from tests.cli.project import Project
from tests.fuzz.profile import fuzzed
from tests.recordings import recorded

NUMBERS = (-1, 0, 1e308, -1e308, 1e18, 2**63, 10**400, 1e15, 1e10, -1e15, 0.1, "1e999", "nan", "inf", None)
TIMES = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "1900-01-01T00:00:00+14:00",
    "2999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "1970-01-01T00:00:00Z",
    "2026-01-01T00:00:00",
    1e11,
    -1e11,
)
TEXTS = ("", "x" * 70_000, "@", "a@b@c", " ", ":", "\x1b[2J\n", "\ud800")
ZONES = ("UTC", "Pacific/Kiritimati", "America/Los_Angeles")
RUN, OTHER = "20261123-120000-abcd", "20261123-110000-0123"
Record = dict[str, object]
Place = tuple[str | int, ...]


def places(value: object, place: Place = ()) -> Iterator[Place]:
    """Where in a record values stand that hold no others."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*place, key))
    elif isinstance(value, list):
        for number, each in enumerate(value[:2]):
            yield from places(each, (*place, number))
    else:
        yield place


def value_at(record: object, place: Place) -> object:
    for key in place:
        record = record[key]  # type: ignore[index]
    return record


def changed(record: Record, place: Place, value: object) -> Record:
    copied = copy.deepcopy(record)
    parent = value_at(copied, place[:-1])
    parent[place[-1]] = value  # type: ignore[index]
    return copied


def odd_values(value: object, place: Place) -> tuple[object, ...]:
    if place == ("at",):
        return TIMES
    if isinstance(value, bool):
        return (None,)
    return NUMBERS if isinstance(value, int | float) or value is None else TEXTS


def shortest_of_each_field(name: str) -> list[tuple[int, Place]]:
    """One place for each field of each kind of event in a recording: the line, and where in it."""
    found: dict[tuple[object, ...], tuple[int, Place]] = {}
    for number, event in enumerate(recorded(name)):
        record = json.loads(event.to_line())
        for place in places(record):
            field = ("*" if isinstance(key, int) else key for key in place)
            found.setdefault((event.body.kind, *field), (number, place))
    return list(found.values())


RECORDS = {
    name: [json.loads(event.to_line()) for event in recorded(name)] for name in ("healthy", "unhealthy")
}
PLACES = {name: shortest_of_each_field(name) for name in RECORDS}


@st.composite
def odd_journals(draw: st.DrawFn) -> list[Record]:
    """A recording with up to three odd values in it."""
    name = draw(st.sampled_from(sorted(RECORDS)))
    records = list(RECORDS[name])
    for number, place in draw(st.lists(st.sampled_from(PLACES[name]), min_size=1, max_size=3)):
        value = draw(st.sampled_from(odd_values(value_at(records[number], place), place)))
        records[number] = changed(records[number], place, value)
    return records


def written(records: list[Record]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


class Reader:
    """The commands, in a state directory with a sound run beside the odd one."""

    def __init__(self, project: Project, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project = project
        self._monkeypatch = monkeypatch
        self.directory = state / "runs"
        self.directory.mkdir(parents=True)
        (self.directory / f"{OTHER}.jsonl").write_bytes(written(RECORDS["healthy"]))
        self.page = state / "page.html"

    def check(self, content: bytes, zone: str) -> None:
        """All commands come to a good end in this time zone, and the list has both runs."""
        self._monkeypatch.setenv("TZ", zone)
        time.tzset()
        for old in self.directory.glob(f"{RUN}.*"):
            old.unlink()
        (self.directory / f"{RUN}.jsonl").write_bytes(content)
        listed = self.ran("runs", "--json").splitlines()
        assert {json.loads(line)["run"] for line in listed} == {RUN, OTHER}
        for command in (
            ("runs",),
            ("runs", "--since", "2026-11-23", "--until", "2026-11-24"),
            ("runs", "show", RUN),
            ("runs", "show", RUN, "--json"),
            ("runs", "compare", OTHER, RUN),
            ("replay", RUN, "--no-tui", "-v"),
            ("replay", RUN, "--json"),
        ):
            self.ran(*command)
        for options in (("--html",), ()):
            self.page.unlink(missing_ok=True)
            self.ran("runs", "export", RUN, *options, "-o", str(self.page))
        assert self.page.read_bytes() == content

    def ran(self, *argv: str) -> str:
        result = self.project.run(*argv)
        assert result.code == 0, (argv, result.err)
        assert "internal error" not in result.err
        return result.out


@pytest.fixture
def reader(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    with monkeypatch.context() as patch:
        yield Reader(project, tmp_path / "state", patch)
    time.tzset()


each_zone = pytest.mark.parametrize("zone", ZONES)


@fuzzed
@given(records=odd_journals(), zone=st.sampled_from(ZONES))
def test_no_odd_value_in_a_journal_breaks_a_command(reader: Reader, records: list[Record], zone: str) -> None:
    reader.check(written(records), zone)


@each_zone
def test_a_run_that_began_at_an_odd_time_is_listed_with_the_others(reader: Reader, zone: str) -> None:
    first, *others = RECORDS["healthy"]
    for at in TIMES:
        reader.check(written([changed(first, ("at",), at), *others]), zone)


def test_an_odd_number_of_seconds_is_damage_or_can_be_shown(reader: Reader) -> None:
    odd = {"phase_started", "run_ended"}
    for t in NUMBERS:
        records = [changed(each, ("t",), t) if each["kind"] in odd else each for each in RECORDS["healthy"]]
        reader.check(written(records), "UTC")


def test_each_odd_value_alone_is_refused_or_written_back_as_it_was() -> None:
    """What is read can be written: an index and a journal of a log are made of events that were read."""
    for name, found in PLACES.items():
        for number, place in found:
            record = RECORDS[name][number]
            for value in odd_values(value_at(record, place), place):
                try:
                    event = parse_line(json.dumps(changed(record, place, value)))
                except JournalError:
                    continue
                assert parse_line(event.to_line()) == event


@each_zone
@pytest.mark.parametrize("name", ["00010101-000000-abcd", "99991231-235959-abcd", "30000101-000000-abcd"])
def test_a_name_that_tells_a_time_that_can_not_be_is_a_name_like_others(
    reader: Reader, name: str, zone: str
) -> None:
    reader.check(written(RECORDS["unhealthy"]), zone)
    (reader.directory / f"{RUN}.jsonl").rename(reader.directory / f"{name}.jsonl")
    (reader.directory / f"{name}x.jsonl").write_bytes(b"garbage\n")
    assert "unreadable" in reader.ran("runs")
