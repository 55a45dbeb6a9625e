"""`app logs --grep-options`: the options of grep that make sense here, and what is said of the others."""

import pytest

from tests.cli.project import Project
from tests.cli.test_logs import later
from tests.fakes.hosts import Datacentre

SUPPORTED = "-i, -v, -w, -x, -F, -E, -P, and with a number -A, -B, -C, -m"
SAID = ("one", "Two words", "three", "four", "twofold", "a.b", "axb")


@pytest.fixture(autouse=True)
def said(project: Project) -> None:
    def say(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].containers.values():
            for text in SAID:
                container.say(text)

    project.servers.set = say


def grepped(project: Project, pattern: str, *options: str) -> list[str]:
    given = ("--grep-options", " ".join(options)) if options else ()
    result = project.run("app", "logs", "-h", "h1", "-T", "--grep", pattern, *given)
    assert result.code == 0, result.err
    return [line.removeprefix("h1 web  ") for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("pattern", "options", "found"),
    [
        ("two", "", "twofold"),
        ("two", "-i", "Two words|twofold"),
        ("two", "--ignore-case -w", "Two words"),
        ("(?i)two", "-w", "Two words"),
        ("three|four", "-E", "three|four"),
        ("a.b", "", "a.b|axb"),
        ("a.b", "-F", "a.b"),
        ("t...e", "-P -x", "three"),
        ("e", "-v", "starting|Two words|four|twofold|a.b|axb"),
        ("e", "-m1 -v -i", "starting"),
        ("three", "-A1", "three|four"),
        ("three", "--before-context=1", "Two words|three"),
        ("three", "-C 1", "Two words|three|four"),
        ("three", "-1", "Two words|three|four"),
        ("three", "--context 2 -A0", "one|Two words|three"),
        ("o", "-iA1 --max-count 1", "one|Two words"),
        ("(?i)TWO", "-B 1", "one|Two words|four|twofold"),
    ],
)
def test_options_mean_what_they_mean_to_grep(
    project: Project, pattern: str, options: str, found: str
) -> None:
    assert "|".join(grepped(project, pattern, *options.split())) == found


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ("-o", f"option -o not recognized; there are {SUPPORTED}"),
        ("-i --color=always", "option --color not recognized; there are "),
        ("-A", "option -A requires argument; there are "),
        ("-A many", "-A needs a number, not `many`"),
        ("--context=-1", "--context needs a number, not `-1`"),
        ("-m 0", "-m 0 would show nothing"),
        ("-i /etc/passwd", "`/etc/passwd` is no option; the pattern is that of --grep"),
        ("-i '", "is not closed: No closing quotation"),
    ],
)
def test_what_can_not_be_done_is_named(project: Project, options: str, what: str) -> None:
    result = project.run("app", "logs", "--grep", "x", "--grep-options", options)
    assert (result.code, result.out) == (2, "")
    assert f"Invalid value for --grep-options: {what}" in " ".join(result.err.split())
    assert project.servers.connections == []


def test_options_without_a_pattern_are_refused(project: Project) -> None:
    result = project.run("app", "logs", "--grep-options", "-i")
    assert result.code == 2
    assert "says how --grep is to match, and there is no --grep" in " ".join(result.err.split())


def test_a_pattern_that_is_none_is_told(project: Project) -> None:
    result = project.run("app", "logs", "-g", "(", "--grep-options", "-w")
    assert result.code == 2
    assert "Invalid value for --grep: not a regular expression" in " ".join(result.err.split())


def test_each_container_has_its_own_count_and_its_own_context(project: Project) -> None:
    def say(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            for container in datacentre[host].containers.values():
                container.say(f"x of {host}")
                container.say(f"after x of {host}")

    project.servers.set = say
    result = project.run("app", "logs", "-r", "web", "-T", "-g", "^x", "--grep-options", "-m 1 -A 1")
    assert sorted(result.out.splitlines()) == [
        "h1 web  after x of h1",
        "h1 web  x of h1",
        "h2 web  after x of h2",
        "h2 web  x of h2",
    ]


def test_following_ends_once_enough_is_found(project: Project) -> None:
    def chatter(datacentre: Datacentre) -> None:
        for container in datacentre["h1"].containers.values():
            container.say("enough")
            container.say("more")

    project.servers.set = later(0.3, chatter)
    result = project.run("app", "logs", "-f", "-h", "h1", "-T", "-g", "enough", "--grep-options", "-m 1")
    assert (result.code, result.out) == (0, "h1 web  enough\n")
