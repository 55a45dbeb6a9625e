"""What the command line says about how it is used."""

import pytest

from tests.cli.project import Project


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        ("-d staging deploy", "backstaff deploy -d staging"),
        ("-c other.yml -v app logs -f", "backstaff app logs -c other.yml -v -f"),
        ("-d app deploy", "backstaff deploy -d app"),
        ("app -d staging logs", "backstaff app logs -d staging"),
        ("-d staging", "backstaff COMMAND -d …"),
        ("-h", "for help: backstaff --help"),
        ("help", "backstaff --help"),
        ("help deploy", "backstaff deploy --help"),
        ("app help logs", "backstaff app logs --help"),
    ],
)
def test_options_before_the_command_and_help_are_explained(project: Project, argv: str, hint: str) -> None:
    result = project.run(*argv.split())
    assert result.code == 2
    assert result.err.rstrip().endswith(hint)


def test_a_misspelt_option_is_still_corrected(project: Project) -> None:
    assert "--help" in project.run("--hepl").err


def test_help_says_truly_what_plain_lines_are_for(project: Project) -> None:
    result = project.run("deploy", "--help")
    assert result.code == 0
    assert "Plain lines, also on a terminal." in " ".join(result.out.split())


@pytest.mark.parametrize("command", ["deploy", "redeploy"])
def test_commands_that_deploy_take_the_same_options(project: Project, command: str) -> None:
    shown = project.run(command, "--help").out
    assert all(each in shown for each in ("--skip-push", "--no-cache", "--lock-wait-timeout"))


def test_a_pattern_may_hold_commas_in_braces(project: Project) -> None:
    result = project.run("app", "version", "-h", "h{1,2}", "-r", "web")
    assert result.code == 0
    assert sorted(line.split()[0] for line in result.out.splitlines()) == ["h1", "h2", "host"]


def test_no_command_shows_what_there_is(project: Project) -> None:
    assert project.run().code == 2
    assert project.run("nonsense").code == 2
