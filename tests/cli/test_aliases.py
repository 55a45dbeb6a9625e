"""Aliases of deploy.yml: other names for commands, and what is told where one can not be run."""

import json
import shlex
import sys

import pytest

from tests.cli.project import DEPLOY_YML, Project
from tests.fakes.faults import Connecting
from tests.fakes.hosts import Datacentre

CONSOLE = 'app exec --interactive --reuse "bin/rails console"'
ALIASES = f"""\
aliases:
  console: {CONSOLE}
  database: accessory exec db psql
  logs: app logs -T
  said: app logs -T --grep "two words"
  ship: deploy -P --version v2 --no-tui
  staging: deploy -P --version v2 -d staging --json
  version-of: app
  same: same -h h1
  other: logs
  nothing: " "
  unquoted: app logs --grep "two
  optional: -d staging deploy
  nonsense: deplyo -P
"""


@pytest.fixture(autouse=True)
def aliases(project: Project) -> None:
    project.add(ALIASES)


def test_an_alias_is_the_command_that_it_stands_for_with_what_follows_it(project: Project) -> None:
    result = project.run("logs", "-h", "h1")
    assert (result.code, result.out) == (0, "h1 web  starting\n")


def test_the_words_of_an_alias_are_those_of_a_shell(project: Project) -> None:
    def say(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].containers.values():
            container.say("it takes two words")

    project.servers.set = say
    assert project.run("said", "-h", "h1").out == "h1 web  it takes two words\n"


def test_an_alias_of_a_group_takes_the_command_that_follows(project: Project) -> None:
    result = project.run("version-of", "version", "-h", "h1")
    assert result.out.splitlines()[1].split() == ["h1", "web", "v1"]
    assert "Commands:" in project.run("version-of", "--help").out


@pytest.mark.parametrize("words", [("-hh1",), ("-h", "h1", "-g", "-d"), ("-h", "h1", "-grash|starting")])
def test_what_belongs_to_another_option_is_no_place_of_a_configuration(
    project: Project, words: tuple[str, ...]
) -> None:
    result = project.run("logs", *words)
    assert (result.code, result.err) == (0, "")


def test_help_is_that_of_the_command(project: Project) -> None:
    assert project.run("ship", "--help").out.startswith("Usage: backstaff deploy ")


def test_a_run_is_recorded_and_done_again_as_what_the_alias_stands_for(project: Project) -> None:
    project.servers.set = lambda datacentre: setattr(datacentre["h1"], "connecting", Connecting.REFUSED)
    result = project.run("ship", "-h", "h1")
    assert result.code == 4
    assert result.out.rstrip().endswith("  retry     backstaff deploy -P --version v2 --no-tui -h h1")
    told = json.loads(project.run("runs", "show", "last", "--json").out.splitlines()[0])
    assert told["command"] == "deploy"


def test_an_alias_may_name_the_destination_that_makes_the_configuration_whole(project: Project) -> None:
    without_servers = DEPLOY_YML.replace(
        "servers:\n  web: [h1, h2]\n  job:\n    hosts: [h2]\n    cmd: work\n", ""
    )
    project.write("config/deploy.yml", f"{without_servers}require_destination: true\n{ALIASES}")
    project.write("config/deploy.staging.yml", "servers: [h9]\n")
    project.write(".kamal/secrets.staging", "")
    result = project.run("staging", "-h", "h8")
    assert result.code == 2
    assert json.loads(result.out)["fix"] == "known hosts: h9, db1"


@pytest.mark.parametrize(
    "options",
    [
        "-c other.yml",
        "-cother.yml",
        "--config-file other.yml",
        "--config_file=other.yml",
        "-p -c other.yml -h h1",
        "-c nope.yml -c other.yml",
    ],
)
def test_the_configuration_that_is_named_has_the_alias(project: Project, options: str) -> None:
    project.write("other.yml", f"{DEPLOY_YML}aliases: {{mine: app version}}\n")
    assert project.run("mine", *options.split()).code == 0
    assert project.run("mine").code == 2


def test_the_destination_that_is_named_has_the_alias(project: Project) -> None:
    project.write("config/deploy.staging.yml", "aliases: {mine: config --json}\n")
    result = project.run("mine", "-d", "staging", "--version", "v2")
    assert result.code == 0
    assert json.loads(result.out)["config"]["destination"] == "staging"


@pytest.mark.parametrize(
    ("line", "place", "what", "fix"),
    [
        (
            "console",
            "22:12",
            f"stands for `{CONSOLE}`, and Backstaff has no command `app exec`",
            "`kamal console` runs it",
        ),
        (
            "database -h 'db 1'",
            "23:13",
            "stands for `accessory exec db psql`, and Backstaff has no command `accessory`",
            "`kamal database -h 'db 1'` runs it",
        ),
        (
            "version-of vresion",
            "28:15",
            "stands for `app`, and Backstaff has no command `app vresion`",
            "write `app version` if that is meant",
        ),
        (
            "same",
            "29:9",
            "stands for `same -h h1`, which is the alias itself",
            "write out the command that is meant, without the program's name",
        ),
        (
            "other",
            "30:10",
            "stands for `logs`, which is an alias too; an alias of an alias is not looked up",
            "write out the command that is meant, without the program's name",
        ),
        (
            "optional",
            "33:13",
            "stands for `-d staging deploy`, which begins with an option; options follow the command",
            "write out the command that is meant, without the program's name",
        ),
        (
            "nonsense",
            "34:13",
            "stands for `deplyo -P`, and Backstaff has no command `deplyo`",
            "write out the command that is meant, without the program's name",
        ),
    ],
)
def test_an_alias_that_can_not_be_run_is_told_with_what_it_stands_for(
    project: Project, line: str, place: str, what: str, fix: str
) -> None:

    words = shlex.split(line)
    result = project.run(*words)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines() == [
        f"config/deploy.yml:{place}: the alias {words[0]} {what}",
        f"  fix: {fix}",
    ]
    assert project.servers.connections == []


def test_an_alias_that_is_no_command_line_is_told(project: Project) -> None:
    assert project.run("nothing").err == "config/deploy.yml:31:12: the alias nothing stands for nothing\n"
    result = project.run("unquoted")
    assert result.code == 2
    assert result.err.splitlines() == [
        "config/deploy.yml:32:13: the alias unquoted is no command line: No closing quotation",
        '  app logs --grep "two',
        "  fix: close its quotes",
    ]


def test_an_error_is_an_object_for_who_asks_for_json(project: Project) -> None:
    told = json.loads(project.run("console", "--json").out)
    assert (told["where"], told["fix"]) == ("config/deploy.yml:22:12", "`kamal console` runs it")


def test_a_word_that_is_nothing_is_told_with_what_is_like_it(project: Project) -> None:
    assert "No such command 'deplyo'. Did you mean 'deploy'?" in project.run("deplyo").err
    assert "No such command 'lgos'. Did you mean 'logs'?" in project.run("lgos").err
    assert project.run("zzz").err.rstrip().endswith("No such command 'zzz'.")


def test_where_there_is_no_configuration_none_is_loaded(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "backstaff.config.aliases", None)
    (project.directory / "config/deploy.yml").unlink()
    result = project.run("deplyo")
    assert result.code == 2
    assert "No such command 'deplyo'. Did you mean 'deploy'?" in result.err


@pytest.mark.parametrize(
    ("text", "options", "issue"),
    [
        ("a: [b", (), "config/deploy.yml:1:6: not valid YAML"),
        (
            f"{DEPLOY_YML}aliases: {{Logs: app logs}}\n",
            (),
            "config/deploy.yml:21:11: aliases/Logs: is not an alias",
        ),
        (f"{DEPLOY_YML}aliases: [logs]\n", (), "config/deploy.yml:21:1: aliases: should be a mapping"),
        (f"{DEPLOY_YML}x-it: <%= ENV.fetch('NOT_SET') %>\n", (), "config/deploy.yml:21:7: "),
        (DEPLOY_YML, ("-c", "nope.yml"), "nope.yml: there is no such file"),
        (DEPLOY_YML, ("-d", "nope"), "config/deploy.nope.yml: there is no such file"),
    ],
    ids=["yaml", "name", "kind", "template", "file", "destination"],
)
def test_a_configuration_that_can_not_be_read_is_told_with_the_word(
    project: Project, text: str, options: tuple[str, ...], issue: str
) -> None:
    project.write("config/deploy.yml", text)
    result = project.run("deplyo", *options)
    first, second, *_, last = result.err.splitlines()
    assert (result.code, result.out) == (2, "")
    assert first == (
        "there is no command deplyo, and whether it is an alias can not be told. Did you mean 'deploy'?"
    )
    assert second.startswith(f"  {issue}")
    assert last == "  fix: correct the configuration"


def test_an_option_without_its_value_is_told(project: Project) -> None:
    assert "Option '-d' requires an argument." in project.run("logs", "-d").err


def test_a_command_of_our_own_is_no_alias(project: Project) -> None:
    project.write("config/deploy.yml", f"{DEPLOY_YML}aliases: {{runs: app version}}\n")
    assert project.run("runs").code == 0
    assert project.servers.connections == []
