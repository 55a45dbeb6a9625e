"""Recorded runs, as `backstaff runs` finds them in the state directory of a test."""

import json
import os
from datetime import timedelta
from pathlib import Path

from backstaff.events.types import Event, RunStarted
from tests.cli.project import Result
from tests.events.builders import a_good_deploy, a_stuck_barrier
from tests.replay.journals import a_failed_run, text_of

REPORT = Path(__file__).parents[1] / "data" / "kamal" / "report-2.6.0.log"
"""What Kamal printed of a deploy that hangs."""

DONE, FAILED, CUT_OFF = "20261123-120357-a1b2", "20261122-120357-00bb", "20261121-120357-00cc"


def runs_directory() -> Path:
    directory = Path(os.environ["BACKSTAFF_STATE_DIR"]) / "runs"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def moved(events: list[Event], run: str, days: int, **changes: str) -> list[Event]:
    """The events of the run of this name, days earlier."""
    first, *others = events
    assert isinstance(first.body, RunStarted)
    body = first.body.model_copy(update={"run": run, **changes})
    earlier = timedelta(days=days)
    return [
        event.model_copy(update={"at": event.at - earlier})
        for event in (first.model_copy(update={"body": body}), *others)
    ]


def record(run: str, content: list[Event] | bytes) -> Path:
    path = runs_directory() / f"{run}.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else text_of(content))
    return path


def some_history() -> None:
    """Three runs: the newest went well, one failed, one was killed."""
    record(DONE, moved(a_good_deploy().events, DONE, 0))
    record(FAILED, moved(a_failed_run(), FAILED, 1, service="blog", destination=""))
    record(CUT_OFF, moved(a_stuck_barrier().events, CUT_OFF, 2))


def records(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.out.splitlines()]
