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


BYTE = "ä".encode("latin-1").decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "argv",
    [
        ("plan", "--version", BYTE),
        ("plan", "-h", BYTE),
        ("plan", "-r", f"web{BYTE}"),
        ("plan", "-d", BYTE),
        ("plan", "-c", f"{BYTE}.yml"),
        ("lock", "acquire", "-m", BYTE),
        ("app", "logs", "-g", BYTE),
        (BYTE,),
    ],
)
def test_an_argument_that_is_no_text_is_told_and_harms_nothing(
    project: Project, argv: tuple[str, ...]
) -> None:
    for options in ((), ("--json",)):
        result = project.run(*argv, *options)
        assert result.code == 2
        assert "is not UTF-8 text: it has the byte 0xe4 in it" in result.err
        (result.out + result.err).encode()
    assert project.servers.connections == []


@pytest.mark.parametrize(
    "argv",
    [
        "deploy --lock-wait --lock-wait-timeout nan",
        "deploy --lock-wait --lock-wait-timeout inf",
        f"deploy --lock-wait --lock-wait-timeout {'9' * 400}",
        "deploy --lock-wait-interval nan",
        "deploy --lock-wait-interval 1e300",
        f"app logs -n {'9' * 400}",
        f"proxy logs -n {'9' * 5000}",
        "app logs --since 999999999d",
        f"app logs --since {'9' * 400}s",
        f"runs -n {'9' * 40}",
        f"runs prune --keep {'9' * 40}",
        "demo --speed nan",
        "replay --speed nan",
    ],
    ids=lambda each: each[:40],
)
def test_a_number_beyond_all_sense_is_a_wrong_option(project: Project, argv: str) -> None:
    result = project.run(*argv.split())
    assert result.code == 2
    assert "Error: Invalid value for " in result.err


def test_no_command_shows_what_there_is(project: Project) -> None:
    assert project.run().code == 2
    assert project.run("nonsense").code == 2
