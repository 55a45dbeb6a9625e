"""Journals of this format version, kept for all later ones: `python -m tests.replay.keep_journals`.

What is kept stays as it is: it shows what the program of that time has written. Only what is missing is made,
beside each journal the Board that it folds to.
"""

from pathlib import Path

from pydantic import TypeAdapter

from backstaff.events.board import Board
from backstaff.events.facts import Dropped, FilterRow, Funnel
from backstaff.events.types import FORMAT_VERSION, Body, Event, FunnelSeen, Notice
from tests.recordings import recorded
from tests.replay.journals import a_failed_run, folded, naive_events, text_of

DIRECTORY = Path(__file__).parents[1] / "data" / "journals"
BOARD: TypeAdapter[Board] = TypeAdapter(Board)


def board_file(journal: Path) -> Path:
    """Where the Board is kept that a journal folds to."""
    return journal.with_suffix(".board.json")


def every_kind() -> list[Event]:
    """A run in which everything happens that can."""
    funnel = Funnel(
        host="h2",
        role="web",
        candidates=3,
        rows=(
            FilterRow(filter="label=service=shop", matched=3),
            FilterRow(
                filter="label=destination=production",
                matched=2,
                dropped=(Dropped(container="shop-web-staging-v3", value="destination=staging"),),
            ),
        ),
        found=("shop-web-production-v42", "shop-job-production-v41"),
    )
    more: dict[int, list[Body]] = {
        3: [Notice(level="warning", text="the proxy is older than it should be", host="h1")],
        60: [FunnelSeen(funnel=funnel)],
    }
    events: list[Event] = []
    for place, event in enumerate(a_failed_run()):
        bodies = [*more.get(place, []), event.body]
        events += [
            Event(seq=len(events) + number, at=event.at, t=event.t, body=body)
            for number, body in enumerate(bodies, 1)
        ]
    return events


def journals() -> dict[str, bytes]:
    """What is kept: all kinds of events, a run as it was recorded, one that was cut off."""
    return {
        "every-kind": text_of(every_kind()),
        "job-first": text_of(recorded("job-first")),
        "cut-off": text_of(recorded("image-missing"))[:-2_000],
    }


def keep() -> None:
    """Make what is missing of the present format version."""
    directory = DIRECTORY / f"v{FORMAT_VERSION}"
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in journals().items():
        path = directory / f"{name}.jsonl"
        if not path.exists():
            path.write_bytes(content)
            board_file(path).write_bytes(BOARD.dump_json(folded(naive_events(content))) + b"\n")
            print(f"{path}  {len(content)} bytes")


if __name__ == "__main__":
    keep()
