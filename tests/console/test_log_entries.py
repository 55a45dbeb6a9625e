"""What is told of a run and of a container becomes lines."""

import pytest

from backstaff.console.log_view import followed_entry, log_entry
from backstaff.console.session import FollowedLine
from backstaff.events.types import Event, Output
from tests.console.lines import (
    START,
)


def test_an_event_of_output_becomes_a_line() -> None:
    body = Output(source="hook", name="pre-build", text="\x1b[32mok\x1b[0m", stream="stderr")
    entry = log_entry(Event(seq=1, at=START, t=1.5, body=body), body)
    assert (entry.at_t, entry.at, entry.name, entry.stream, entry.text) == (
        1.5,
        START,
        "pre-build",
        "stderr",
        "ok",
    )


def test_versions_of_a_container_are_one_origin() -> None:
    body = Output(source="container", host="h1", role="web", name="v42", text="x")
    assert log_entry(Event(seq=1, at=START, t=1.5, body=body), body).name == ""


@pytest.mark.parametrize(
    ("written", "microsecond"),
    [
        ("2026-11-23T12:04:00.123456789Z", 123456),
        ("2026-11-23T12:04:00+00:00", 0),
        ("never", None),
        ("2026-11-23", None),
    ],
)
def test_a_followed_line_has_the_time_that_docker_gave_it(written: str, microsecond: int | None) -> None:
    entry = followed_entry(FollowedLine("h1", "web", written, "text"), 3.0)
    assert (entry.at.microsecond if entry.at else None) == microsecond
    assert entry.at_t == 3.0
