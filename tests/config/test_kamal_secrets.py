"""`kamal secrets` in a secrets file. What `extract` gives was observed in Kamal 2.11."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.config.secrets import SecretCommand, SecretCommandFailed, run_in_shell
from backstaff.config.secrets.kamal_command import Extract, Fetch, kamal_command

FETCHED = '{"x/ab":"first","y/ab":"second","cd":"third","v/cd":"fourth"}'
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


async def outcome(line: str) -> str:
    """What a command gives, without any program on the search path."""
    return await run_in_shell(SecretCommand(line, Path.cwd(), {"PATH": "/nonexistent"}, 10))


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ("ab {}", "first"),
        ("y/ab {}", "second"),
        ("cd {}", "third"),
        ("'cd' {}", "third"),
        ("ab -d staging {}", "first"),
        ("-q ab {} --config-file=other.yml --inline", "first"),
        ("ab -- {}", "first"),
        ("  ab   {}  ", "first"),
    ],
)
async def test_a_secret_is_found_by_its_name_or_by_the_end_of_it(arguments: str, value: str) -> None:
    fetched = Fetch([]).handed_on(FETCHED)
    for start in ("kamal secrets extract", " kamal  secrets -q ex"):
        assert await outcome(f"{start} {arguments.format(fetched)}") == value


@pytest.mark.parametrize(
    ("fetched", "value"),
    [
        ('{"ab":"","x/ab":"s"}', ""),
        ('{"ab":null,"x/ab":"s"}', "s"),
        ('{"ab":false,"x/ab":"s"}', "s"),
        ('{"ab":"s","ab":"t"}', "t"),
        (r'{"ab":"s\r\n"}', "s"),
        (r'{"ab":"s\n\n"}', "s\n"),
        (' {"ab":"s"} ', "s"),
    ],
)
async def test_what_is_nothing_to_ruby_is_nothing_and_one_line_break_goes(fetched: str, value: str) -> None:
    assert await outcome(f"kamal secrets extract ab '{fetched}'") == value


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("extract nope {}", "what was fetched has no secret of this name"),
        ("extract xab {}", "what was fetched has no secret of this name (did you mean `x/ab`?)"),
        (
            'extract ab \'{"x/ab":null,"cd":"s"}\'',
            "what was fetched has no secret of this name (did you mean `x/ab`?)",
        ),
        ("extract ab '{\"ab\":5}'", "what was fetched under this name is no text"),
        ('extract ab \'{"ab":"\\ud800"}\'', "what was fetched under this name is no text"),
        ("print", "of `kamal secrets` only `fetch` and `extract` give a value"),
        ("-q", "of `kamal secrets` only `fetch` and `extract` give a value"),
        ("--what extract ab {}", "of `kamal secrets` only `fetch` and `extract` give a value"),
        ("extract ab 'x", "the command has a quote that is never closed"),
    ],
)
async def test_why_there_is_no_secret_is_told(command: str, why: str) -> None:
    fetched = Fetch([]).handed_on(FETCHED)
    with pytest.raises(SecretCommandFailed) as caught:
        await outcome(f"kamal secrets {command.replace('{}', fetched)}")
    assert str(caught.value) == why


@pytest.mark.parametrize("arguments", ["", "ab", "ab {} {}", "ab {} | cat", "-i ab {}", "ab {} --unknown"])
async def test_extract_takes_a_name_and_what_was_fetched(arguments: str) -> None:
    with pytest.raises(SecretCommandFailed, match=r"takes a name and what .* gave, .* there can be no pipe"):
        await outcome(f"kamal secrets extract {arguments}")


@pytest.mark.parametrize(
    "fetched",
    [
        f'"{Fetch([]).handed_on(FETCHED)}"',
        "''",
        "secret",
        "'[1]'",
        "'\"secret\"'",
        "'{\"ab\":NaN}'",
        "[" * 100_000,
    ],
)
async def test_what_is_no_fetched_object_is_refused_and_not_shown(fetched: str) -> None:
    with pytest.raises(SecretCommandFailed) as caught:
        await outcome(f"kamal secrets extract ab {fetched}")
    assert str(caught.value) == (
        "what was given to `kamal secrets extract` is not what `kamal secrets fetch` gave; "
        "its variable has to stand there without quotes"
    )


@pytest.mark.parametrize(
    "line", ["kamal secretsextract ab", "kamal app version", "kamal", "echo kamal secrets ab"]
)
def test_other_commands_are_the_shells(line: str) -> None:
    assert kamal_command(line) is None


def test_fetch_is_a_program_whose_words_are_not_expanded() -> None:
    assert kamal_command("kamal secrets fetch -a test 'A B' $C *") == Fetch(
        ["kamal", "secrets", "fetch", "-a", "test", "A B", "$C", "*"]
    )


@given(st.dictionaries(st.from_regex(r"\w[\w/ -]*", fullmatch=True), TEXT, min_size=1), st.data())
def test_every_secret_that_was_fetched_can_be_extracted(secrets: dict[str, str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(secrets)))
    for ascii_only in (True, False):
        fetched = Fetch([]).handed_on(json.dumps(secrets, ensure_ascii=ascii_only))
        command = kamal_command(f"kamal secrets extract '{name}' {fetched}")
        assert isinstance(command, Extract)
        assert command.value() == secrets[name]


@given(TEXT, TEXT)
def test_whatever_is_given_to_extract_is_an_answer_or_a_failure(name: str, fetched: str) -> None:
    try:
        command = kamal_command(f"kamal secrets extract {name} {fetched}")
        assert not isinstance(command, Fetch)
        if command is not None:
            command.value()
    except SecretCommandFailed as error:
        told = str(error)
    else:
        return
    assert told.startswith(("of `kamal", "`kamal", "the command has a quote", "what was "))
