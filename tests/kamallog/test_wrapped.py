"""The same run tells the same, whatever file it is kept in."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from backstaff.events.types import Body, Event, Notice, Output
from tests.kamallog.logs import CAPTURES, as_github, as_gitlab, bare, read

Wrap = Callable[[Sequence[str]], list[str]]

TIMES = {"took_s", "left_s", "limit_s", "why"}
"""What depends on when lines were printed."""


def _story(events: Iterable[Event]) -> list[dict[str, object]]:
    """What happened, without times and without what the CI system itself has written."""
    return [_untimed(event.body) for event in events if not isinstance(event.body, Notice)]


def _untimed(body: Body) -> dict[str, object]:
    return {name: value for name, value in body.model_dump(mode="json").items() if name not in TIMES}


def _kamals(story: list[dict[str, object]], lines: Iterable[str]) -> list[dict[str, object]]:
    kept = {line.strip() for line in lines}
    return [each for each in story if each["kind"] != "output" or str(each["text"]).strip() in kept]


ENDING = {"failed"}
"""Cards differ in what they say of times and of lines that a pipe held back."""


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("wrapped", [as_github, as_gitlab])
def test_a_ci_log_gives_the_events_of_the_bare_log(name: str, wrapped: Wrap) -> None:
    lines = bare(name)
    plain = _kamals(_story(read(["$ kamal deploy\n", *[f"{line}\n" for line in lines]])), lines)
    other = _kamals(_story(read(wrapped(lines))), lines)
    assert [each for each in other if each["kind"] not in ENDING] == [
        each for each in plain if each["kind"] not in ENDING
    ]


@pytest.mark.parametrize("wrapped", [as_github, as_gitlab])
def test_times_are_those_of_the_ci_system(wrapped: Wrap) -> None:
    events = read(wrapped(bare("verbose.log")))
    assert not any(isinstance(event.body, Notice) and "estimated" in event.body.text for event in events)
    assert events[0].at.year == 2026
    assert events[-1].t == pytest.approx(0.1 * len(bare("verbose.log")), rel=0.05)


def test_other_steps_of_the_job_are_kept_as_output() -> None:
    events = read(as_github(bare("rollback.log"), "kamal rollback v2"))
    kept = [event.body.text for event in events if isinstance(event.body, Output)]
    assert "  clean: true" in kept
