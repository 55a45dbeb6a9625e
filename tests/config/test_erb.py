"""Templates: what is understood without Ruby, what is handed to Ruby, and what is refused."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.erb import ErbSettings, render
from backstaff.config.issues import IssueList
from backstaff.config.ruby_expression import ExpressionFailed, RubyWorld, compile_expression
from backstaff.config.ruby_tokens import UnsupportedRuby
from backstaff.config.source_text import RenderedText, SourceText
from tests.config.builders import MINIMAL, NO_RUBY, errors, load

FILE = Path("deploy.yml")


def rendered(
    text: str, environ: Mapping[str, str] = NO_RUBY, timeout_s: float = 10
) -> tuple[RenderedText | None, list[str]]:
    issues = IssueList()
    result = render(SourceText(FILE, text), ErbSettings(environ, Path.cwd(), timeout_s), issues)
    return result, [str(issue) for issue in issues.issues]


def output(text: str, environ: Mapping[str, str] = NO_RUBY) -> str:
    result, problems = rendered(text, environ)
    assert problems == []
    assert result is not None
    return result.text


def value(expression: str, **environ: str) -> str:
    commands = {"uname -m": "x86_64\n", "echo a": "a\n"}
    return compile_expression(expression, RubyWorld(environ, commands.__getitem__))()


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("'a'", "a"),
        (r"'it\'s \n'", r"it's \n"),
        (r'"a\tb \"q\" \\"', 'a\tb "q" \\'),
        ('ENV["X"]', "x"),
        ("ENV['X']", "x"),
        ('ENV["NONE"]', ""),
        ('ENV.fetch("X")', "x"),
        ('ENV.fetch("NONE", "d")', "d"),
        ('ENV.fetch("NONE") { "d" }', "d"),
        ('ENV.fetch("NONE", ENV["X"])', "x"),
        ('ENV["NONE"] || "d"', "d"),
        ('ENV["EMPTY"] || "d"', ""),
        ('ENV["EMPTY"].presence || "d"', "d"),
        ('(ENV["NONE"] || ENV["X"]) + "-" + "y"', "x-y"),
        ('"#{ENV["X"]}-#{"a" + "b"}"', "x-ab"),
        ("`uname -m`", "x86_64\n"),
        ("%x(uname -m).strip", "x86_64"),
        ('`uname -m`.strip == "x86_64" ? "amd64" : "arm64"', "amd64"),
        ("`uname -m` =~ /arm64|aarch64/ ? 'arm64' : 'amd64'", "amd64"),
        ('`uname -m`.include?("aarch64") ? "arm64" : "amd64"', "amd64"),
        ('ENV.key?("X") && ENV["X"] != "y" ? "yes" : "no"', "yes"),
        ('!ENV["NONE"] ? 1 : 2', "1"),
        ('ENV["NONE"] ? `never run` : "ok"', "ok"),
        ('"a" || `never run`', "a"),
        ('ENV["NONE"]&.strip', ""),
        ('ENV["X"].upcase', "X"),
        ('ENV["NONE"].to_s.empty?', "true"),
        ("nil", ""),
        ("true", "true"),
        ('"a".match?(/^[a-c]$/)', "true"),
    ],
)
def test_expression(expression: str, text: str) -> None:
    assert value(expression, X="x", EMPTY="") == text


@pytest.mark.parametrize(
    "expression",
    [
        "File.read('x')",
        "x = 1",
        "[1, 2].join",
        "ENV",
        "'a' if true",
        "'a",
        "1 +",
        "",
        "'a' 'b'",
        "ENV.to_h",
        "@x",
    ],
)
def test_more_ruby_than_is_understood(expression: str) -> None:
    with pytest.raises(UnsupportedRuby):
        compile_expression(expression, RubyWorld({}, str))


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('ENV.fetch("NONE")', "the environment variable NONE is not set"),
        ('ENV["NONE"].strip', "strip is called on nil, such as an unset environment variable"),
        ('"a" + ENV["NONE"]', "+ joins texts only, and one side is not a text"),
    ],
)
def test_what_fails_in_ruby_fails_here(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionFailed) as caught:
        value(expression)
    assert str(caught.value) == reason


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_expression_is_evaluated_or_refused(expression: str) -> None:
    try:
        text = compile_expression(expression, RubyWorld({"A": "b"}, lambda command: command))()
    except (UnsupportedRuby, ExpressionFailed):
        return
    assert isinstance(text, str)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("+".join(['"a"'] * 5000), "a" * 5000),
        ("||".join(["nil"] * 5000), ""),
        ("||".join([*["nil"] * 5000, "'a'"]), "a"),
        ("&&".join(["true"] * 5000), "true"),
        ("&&".join([*["true"] * 5000, "'a'"]), "a"),
        ("'a'" + ".strip" * 5000, "a"),
        ("nil" + "&.strip" * 5000, ""),
    ],
    ids=lambda each: each[-30:],
)
def test_a_chain_may_be_as_long_as_it_likes(expression: str, text: str) -> None:
    assert value(expression) == text


def test_what_does_not_matter_is_not_evaluated_in_a_chain() -> None:
    assert value("nil || 'a' || `never run`") == "a"
    assert value("true && nil && `never run`") == ""


@pytest.mark.parametrize(
    "expression",
    [
        "9" * 5000,
        "(" * 5000,
        "!" * 5000 + "nil",
        "true ? 1 : " * 5000 + "1",
        '"a" =~ /' + "(" * 5000 + ")" * 5000 + "/",
        '"a" =~ /[[a]/',
        '"a" =~ /a{99999999999999999999}/',
    ],
    ids=lambda each: each[:30],
)
def test_what_python_can_not_take_needs_ruby(expression: str) -> None:
    _, (problem,) = rendered(f"a: 1\nb: <%= {expression} %>\n")
    assert problem.startswith("deploy.yml:2:4: the ERB expression `")
    assert problem.endswith("` needs Ruby, and no erb program is on the PATH")
    assert len(problem) < 400


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\\\"'`#{}"), max_size=30))
def test_a_quoted_text_stands_for_itself(text: str) -> None:
    assert value(f"'{text}'") == text
    assert value(f'"{text}"') == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a: <%= 'x' %>\n", "a: x\n"),
        ("a: <%# note %>1\n", "a: 1\n"),
        ("a: <%% b %>\n", "a: <% b %>\n"),
        ("<% # only a comment -%>\na: 1\n", "a: 1\n"),
        ("  <%- # trimmed -%>\na: 1\n", "a: 1\n"),
        ("a: <%= 'x' -%>\nb\n", "a: xb\n"),
        ("a: <%= '%%>' %>\n", "a: %>\n"),
        ("# <%= 'also in comments' %>\n", "# also in comments\n"),
    ],
)
def test_tags(text: str, result: str) -> None:
    assert output(text) == result


def test_places_lead_back_to_the_file() -> None:
    result, _ = rendered('a: <%= "long\nvalue" %> b\n<%# gone -%>\nc\n')
    assert result is not None
    assert result.text == "a: long\nvalue b\nc\n"
    assert str(result.position(result.text.index("b"))) == "deploy.yml:2:11"
    assert str(result.position(result.text.index("c"))) == "deploy.yml:4:1"
    assert str(result.position(result.text.index("value"))) == "deploy.yml:1:4"


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["<%= 'v' %>", "<%# c\n %>", "<%# c -%>", "text ", "\n", "é: "]), max_size=12)
)
def test_copied_text_keeps_its_place(parts: list[str]) -> None:
    text = "".join(parts) + "@"
    result, problems = rendered(text)
    assert problems == []
    assert result is not None
    source = SourceText(FILE, text)
    assert result.position(result.text.index("@")) == source.position(text.index("@"))


def test_a_tag_without_end_is_an_error() -> None:
    assert rendered("a: 1\nb: <%= 'x'\n")[1] == ["deploy.yml:2:4: the tag is never closed with %>"]


def test_without_ruby_every_unknown_expression_is_named() -> None:
    _, problems = rendered("a: <%= File.read('x') %>\nb: <% if true %>\n")
    assert problems == [
        "deploy.yml:1:4: the ERB expression `File.read('x')` needs Ruby, and no erb program is on the PATH",
        "deploy.yml:2:4: the ERB expression `if true` needs Ruby, and no erb program is on the PATH",
    ]


def test_a_failing_command_is_an_error() -> None:
    _, problems = rendered("a: <%= `echo oh no >&2; exit 3` %>\n", {"PATH": os.environ["PATH"]})
    assert problems == [
        (
            "deploy.yml:1:4: the ERB expression ``echo oh no >&2; exit 3`` failed: "
            "the command failed (exit status 3: oh no)"
        )
    ]


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    _, problems = rendered("a: <%= `sleep 300 | cat` %>\n", {"PATH": os.environ["PATH"]}, timeout_s=0.2)
    assert problems == [
        (
            "deploy.yml:1:4: the ERB expression ``sleep 300 | cat`` failed: "
            "the command gave no result within 0.2 s"
        )
    ]


def an_erb_program(directory: Path, script: str) -> dict[str, str]:
    program = directory / "erb"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


def test_what_is_not_understood_goes_to_an_erb_program(tmp_path: Path) -> None:
    environ = an_erb_program(tmp_path, "sed -e 's/<%= File.read(1) %>/app/' -e '/<% if true %>/d'")
    text = (
        "<% if true %>\n" + MINIMAL.replace("service: app", "service: <%= File.read(1) %>") + "boot: {x: 1}\n"
    )
    found = errors(tmp_path, text, environ=environ)
    assert found == ["deploy.yml:7:8: boot/x: unknown key"]


def test_an_erb_program_that_fails_is_an_error(tmp_path: Path) -> None:
    environ = an_erb_program(tmp_path, "echo 'undefined method' >&2; exit 1")
    _, problems = rendered("a: 1\nb: <%= x.y %>\n", environ)
    assert problems == [f"deploy.yml:2:4: {tmp_path}/erb failed (exit status 1: undefined method)"]


def test_commands_of_a_template_do_not_run_when_ruby_is_needed_and_missing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    _, problems = rendered(f"a: <%= `touch {marker}` %>\nb: <%= x.y %>\n", {"PATH": "/nonexistent"})
    assert len(problems) == 1
    assert not marker.exists()


def test_the_destination_is_visible_to_templates(tmp_path: Path) -> None:
    text = MINIMAL.replace("service: app", 'service: app-<%= ENV["KAMAL_DESTINATION"] %>')
    config = load(tmp_path, text, destination="prod", over="boot: {limit: 1}\n")
    assert config.service == "app-prod"
