from datetime import UTC, datetime
from pathlib import Path

import pytest

from backstaff.errors import ConfigError, ConfigIssue, SecretsError
from backstaff.events.facts import FailureCard, Phase
from backstaff.headless.ci import GitHubFormat, GitLabFormat, PlainFormat, ci_format

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("environ", "kind"),
    [
        ({}, PlainFormat),
        ({"GITHUB_ACTIONS": "true"}, GitHubFormat),
        ({"GITLAB_CI": "true"}, GitLabFormat),
        ({"GITHUB_ACTIONS": "false", "CI": "true"}, PlainFormat),
    ],
)
def test_the_system_is_known_by_its_own_variable(environ: dict[str, str], kind: type) -> None:
    assert type(ci_format(environ)) is kind


def test_an_annotation_is_escaped_by_githubs_rules() -> None:
    card = FailureCard(title="boot: web, 100%", cause="100%\nsure\r", evidence=("a::b",), fix="")
    assert GitHubFormat().annotation(card) == ["::error title=boot%3A web%2C 100%25::100%25 sure%0Aa::b"]


def test_an_annotation_has_each_way_out_on_a_line() -> None:
    card = FailureCard(title="connecting", cause="2 hosts", fix="h1: this\nh2: that")
    assert GitHubFormat().annotation(card) == ["::error title=connecting::2 hosts%0Ah1: this%0Ah2: that"]


def test_a_group_title_can_not_break_out_of_its_line() -> None:
    assert GitHubFormat().begin(Phase.BOOT, "boot\n::error::x", AT) == ["::group::boot%0A::error::x"]


@pytest.mark.parametrize(
    "line", ["::error::forged", "   ::add-mask::x", "12:00:00  h1 web | ##[error]forged", "##[group]x"]
)
def test_a_line_of_output_is_never_a_command(line: str) -> None:
    guarded = GitHubFormat().guard(line)
    assert not guarded.lstrip().startswith("::")
    assert "##[" not in guarded


def test_ordinary_lines_stay_as_they_are() -> None:
    for each in (GitHubFormat(), GitLabFormat(), PlainFormat()):
        assert each.guard("12:00:00  a::b  [x] #3") == "12:00:00  a::b  [x] #3"


def test_configuration_issues_are_annotated_where_they_are() -> None:
    issues = [
        ConfigIssue(Path("config/deploy.yml"), 3, 5, "servers", "is not a list"),
        ConfigIssue(Path("config/deploy.yml"), 0, 0, "", "is empty"),
    ]
    assert GitHubFormat().error(ConfigError(issues)) == [
        "::error file=config/deploy.yml::is empty",
        "::error file=config/deploy.yml,line=3,col=5::servers: is not a list",
    ]


def test_other_errors_are_annotated_with_their_fix() -> None:
    error = SecretsError("TOKEN is missing", where=".kamal/secrets:3", fix="set it")
    assert GitHubFormat().error(error) == [
        "::error title=backstaff::.kamal/secrets:3: TOKEN is missing%0Aset it"
    ]
    assert PlainFormat().error(error) == GitLabFormat().error(error) == []


def test_neither_progress_nor_an_endless_line_hides_the_error_in_an_annotation() -> None:
    progress = "\r".join(f"{percent}% of it is here" for percent in range(100))
    error = SecretsError("no", evidence=[progress, "y" * 5000 + "why", "curl: (22)"])
    (mark,) = GitHubFormat().error(error)
    assert mark.startswith("::error title=backstaff::no%0A0%25 of it is here … 99%25 of it is here%0Ayyy")
    assert mark.endswith("ywhy%0Acurl: (22)")
    assert len(mark) < 1000


def test_gitlab_sections_match() -> None:
    begin, end = GitLabFormat().begin(Phase.BOOT, "boot", AT), GitLabFormat().end(Phase.BOOT, AT)
    assert begin == [f"\x1b[0Ksection_start:{int(AT.timestamp())}:backstaff_boot\r\x1b[0Kboot"]
    assert end == [f"\x1b[0Ksection_end:{int(AT.timestamp())}:backstaff_boot\r\x1b[0K"]
