"""`backstaff runs compare`."""

import json
from pathlib import Path

from tests.cli.project import Project
from tests.recordings import recorded
from tests.replay.journals import a_journal

KAMAL_LOGS = Path(__file__).parent.parent / "data" / "kamal"


def test_two_files_are_put_side_by_side(project: Project) -> None:
    before = a_journal(project.directory, recorded("healthy"), "a.jsonl")
    after = a_journal(project.directory, recorded("slow-boot"), "b.jsonl")
    result = project.run("runs", "compare", str(before), str(after))
    assert result.code == 0
    assert "▲ grew" in next(line for line in result.out.splitlines() if line.startswith("  boot "))


def test_runs_are_found_by_their_names(project: Project) -> None:
    runs = project.directory.parent / "state" / "runs"
    runs.mkdir(parents=True)
    a_journal(runs, recorded("healthy"), "20261123-113601-cace.jsonl")
    a_journal(runs, recorded("slow-boot"), "20261123-113603-a9ef.jsonl")
    result = project.run("runs", "compare", "cace", "last", "--json")
    told = json.loads(result.out)
    assert (told["before"]["run"], told["after"]["run"]) == ("20261123-113601-cace", "20261123-113603-a9ef")
    (boot,) = [row for row in told["phases"] if row["name"] == "boot"]
    assert boot["grew"] is True
    assert boot["more_s"] == round(boot["after_s"] - boot["before_s"], 3)
    assert told["boots"][0]["name"] == "web"


def test_logs_of_kamals_can_be_compared(project: Project) -> None:
    logs = [str(KAMAL_LOGS / name) for name in ("verbose.log", "unhealthy.log")]
    result = project.run("runs", "compare", *logs)
    assert result.code == 0
    assert "   the version differs: v2 in A, v3 in B" in result.out.splitlines()


def test_what_can_not_be_read_is_one_line(project: Project) -> None:
    journal = a_journal(project.directory, recorded("healthy"), "a.jsonl")
    result = project.run("runs", "compare", str(journal), "nope")
    assert result.code == 2
    assert result.out == ""
    assert "nope" in result.err.splitlines()[0]
