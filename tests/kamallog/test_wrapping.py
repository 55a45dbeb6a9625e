"""What surrounds Kamal's words is taken off, and nothing else."""

from datetime import UTC, datetime

import pytest

from backstaff.kamallog.wrapping import Line, Mark, Wrapping, detect, unwrapped
from tests.kamallog.logs import as_github, as_gitlab, bare, capture

LINES = ["Pull app image...", "  INFO [d687f376] Running docker login on h1", "\tfrom /a.rb:3:in `b'"]


def _plain(lines: list[str], wrapping: Wrapping) -> list[str]:
    return [line.text for line in unwrapped(lines, wrapping) if line.mark is None]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("verbose.log", Wrapping.PLAIN),
        ("unhealthy.log", Wrapping.PLAIN),
        ("terminal.typescript", Wrapping.TERMINAL),
        ("killed-at-barrier.log", Wrapping.TERMINAL),
    ],
)
def test_captures_are_told_apart_though_errors_are_red_in_files_too(name: str, kind: Wrapping) -> None:
    assert detect(capture(name)) is kind


def test_lines_of_github_lose_their_times_and_groups() -> None:
    lines = as_github(LINES)
    assert detect(lines) is Wrapping.GITHUB
    found = list(unwrapped(lines, Wrapping.GITHUB))
    assert [line.text for line in found][-3:] == LINES
    assert found[-3].at == datetime(2026, 11, 23, 11, 0, 0, 800000, tzinfo=UTC)
    assert [line.text for line in found if line.mark is Mark.COMMAND] == ["kamal deploy"] * 2


def test_the_download_of_the_github_command_line_has_job_and_step_before_the_time() -> None:
    lines = [f"deploy\tRun kamal\t{line}" for line in as_github(LINES)]
    assert detect(lines) is Wrapping.GITHUB
    assert _plain(lines, Wrapping.GITHUB)[-3:] == LINES


def test_lines_of_gitlab_lose_times_and_sections_and_parts_are_joined() -> None:
    lines = as_gitlab([*LINES, "half of it"])
    lines.insert(-1, "2026-11-23T11:00:09.000000Z 00O+ and the rest\n")
    assert detect(lines) is Wrapping.GITLAB
    found = list(unwrapped(lines, Wrapping.GITLAB))
    assert [line.text for line in found if line.mark is None][-4:] == [*LINES, "half of it and the rest"]
    assert [line.text for line in found if line.mark is Mark.COMMAND] == ["kamal deploy"]


def test_sections_of_gitlab_without_times_on_its_lines_tell_the_time() -> None:
    lines = ["section_start:1795431600:step_script\r\x1b[0KExecuting\n", "Pull app image...\n"]
    assert detect(lines) is Wrapping.GITLAB
    first, _, rest = list(unwrapped(lines, Wrapping.GITLAB))
    assert (first.mark, first.at) == (Mark.OPENS, datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
    assert rest == Line("Pull app image...")


def test_brackets_around_times_are_those_of_jenkins() -> None:
    lines = [f"[2026-11-23T11:00:00.123Z] {line}\r\n" for line in LINES]
    assert detect(lines) is Wrapping.STAMPED
    assert _plain(lines, Wrapping.STAMPED) == LINES


def test_times_within_a_log_are_part_of_it() -> None:
    lines = ["a", "b", "c", "2026-11-23T11:21:01.669883437Z GET /up 500"]
    assert detect(lines) is Wrapping.PLAIN
    assert _plain(lines, Wrapping.PLAIN) == lines


def test_the_frame_of_script_tells_command_time_and_exit_code() -> None:
    first, *_, last = list(unwrapped(capture("terminal.typescript"), Wrapping.TERMINAL))
    assert first.mark is Mark.COMMAND
    assert first.text == "kamal deploy --skip-push --version=v1 --skip-hooks"
    assert first.at is not None
    assert first.at.tzinfo is UTC
    assert (last.mark, last.text) == (Mark.EXIT, "0")


def test_colours_titles_and_line_ends_go_and_tabs_stay() -> None:
    raw = [
        "\x1b]0;title\x07\x1b[0;34;49m  INFO\x1b[0m [\x1b[0;32;49md687f376\x1b[0m] \ta\tb\x1b[K\r\n",
        "\ufeffx\r\r\n",
    ]
    assert _plain(raw, Wrapping.TERMINAL) == ["  INFO [d687f376] \ta\tb", "x"]


def test_every_part_that_a_carriage_return_overwrote_is_kept() -> None:
    assert _plain(["10%\r20%\r\x1b[K100%\n", "\n"], Wrapping.PLAIN) == ["10%", "20%", "100%", ""]


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("$ bin/kamal deploy -d staging", "kamal deploy -d staging"),
        ("+ bundle exec kamal redeploy", "kamal redeploy"),
        ("ada@box:~/shop$ kamal rollback v1", "kamal rollback v1"),
        ("##[group]Run kamal deploy --skip-push", "kamal deploy --skip-push"),
    ],
)
def test_a_command_line_is_seen(line: str, command: str) -> None:
    [found] = unwrapped([line], Wrapping.PLAIN)
    assert found == Line(command, None, Mark.COMMAND)


@pytest.mark.parametrize(
    "line",
    ["##[error]The operation was canceled.", "ERROR: Job failed: execution took longer than 1h0m0s seconds"],
)
def test_a_job_that_the_ci_system_ended_is_seen(line: str) -> None:
    [found] = unwrapped([line], Wrapping.PLAIN)
    assert found.mark is Mark.CANCELLED


def test_what_mentions_kamal_is_no_command_line() -> None:
    for line in ("see kamal help", "kamal-proxy run", bare("lock-held.log")[-1]):
        [found] = unwrapped([line], Wrapping.PLAIN)
        assert found.mark is None
