import json
from pathlib import Path

import pytest

from backstaff.events.types import FORMAT_VERSION
from backstaff.replay.entries import Entry
from backstaff.replay.recording import Recording
from tests.events.strategies import BODIES
from tests.replay.journals import folded, indexed, naive_events, small_measures
from tests.replay.keep_journals import BOARD, DIRECTORY, board_file

KEPT = sorted(DIRECTORY.glob("v*/*.jsonl"))


def version_of(journal: Path) -> int:
    return int(journal.parent.name.removeprefix("v"))


def test_journals_of_every_format_version_are_kept() -> None:
    assert {version_of(journal) for journal in KEPT} == set(range(1, FORMAT_VERSION + 1))


def test_among_those_of_this_version_every_kind_of_event_is_found() -> None:
    newest = [journal for journal in KEPT if version_of(journal) == FORMAT_VERSION]
    kinds = {event.body.kind for journal in newest for event in naive_events(journal.read_bytes())}
    assert kinds == {body.model_fields["kind"].default for body in BODIES}


@pytest.mark.parametrize("journal", KEPT, ids=lambda journal: f"{journal.parent.name}-{journal.stem}")
def test_a_kept_journal_shows_what_it_has_always_shown(journal: Path, tmp_path: Path) -> None:
    expected = BOARD.validate_json(board_file(journal).read_bytes())
    copy = tmp_path / journal.name
    copy.write_bytes(journal.read_bytes())
    with small_measures(), indexed(copy) as recording:
        entries = list(recording.entries())
        events = [each.event for each in entries if isinstance(each, Entry)]
        assert len(events) == len(entries)
        assert len(events) == expected.seq
        assert folded(events) == expected
        assert recording.moment_at(1e9).board == expected
    with small_measures(), Recording.open(copy) as recording:
        assert recording.moment_at(1e9).board == expected


@pytest.mark.parametrize("journal", KEPT, ids=lambda journal: f"{journal.parent.name}-{journal.stem}")
def test_a_kept_journal_is_of_its_version_throughout(journal: Path) -> None:
    lines = journal.read_bytes().split(b"\n")[:-1]
    assert {json.loads(line)["v"] for line in lines} == {version_of(journal)}
