import re
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.models import OptionValue
from backstaff.kamal.quoting import argumentize, esc, optionize, single_quote, word
from tests.kamal.builders import SHELLS


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("foo", '"foo"'),
        ("", ""),
        ("`x`", '"\\`x\\`"'),
        ("${PWD}", '"${PWD}"'),
        ("$(x)", '"\\$(x)"'),
        ("$PWD", '"\\$PWD"'),
        ("a$", '"a\\$"'),
        ("${open", '"\\${open"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("two\nlines\tand\x1b\x00\x7f", '"two\\nlines\\tand\\e\\x00\\x7F"'),
        ("#{x} #$y #@z # #", '"\\#{x} \\#\\$y \\#@z # #"'),
        ("abcédef", '"abc"é"def"'),
        ("é", "é"),
        ("${é}", '"\\${"é"}"'),
    ],
)
def test_values_are_escaped_as_ruby_and_kamal_do(value: str, escaped: str) -> None:
    assert esc(value) == escaped


ASCII = "".join(chr(code) for code in range(32, 127))
SURVIVES = st.text(ASCII).filter(lambda text: "${" not in text and not re.search("#[{$@]", text))
LITERAL = st.text(st.characters(codec="utf-8", exclude_characters="\0\1"))


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=20, deadline=None)
@given(values=st.lists(SURVIVES, min_size=1))
def test_escaped_values_reach_a_program_unchanged(shell: tuple[str, ...], values: list[str]) -> None:
    words = " ".join(f"x{esc(value)}" for value in values)
    done = subprocess.run(
        [*shell, "-c", f"printf '%s\\n' {words}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:-1] == [f"x{value}" for value in values]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@settings(max_examples=20, deadline=None)
@given(values=st.lists(LITERAL, min_size=1))
def test_quoted_words_are_taken_literally_by_a_shell(shell: tuple[str, ...], values: list[str]) -> None:
    words = " ".join(map(word, values))
    script = f"printf '%s\\001' {words}; printf '%s\\001' {' '.join(map(single_quote, values))}"
    done = subprocess.run([*shell, "-c", script.encode()], capture_output=True, check=True)
    assert done.stdout == "".join(f"{value}\x01" for value in values * 2).encode()


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_text_between_ascii_pieces_stays_one_word(shell: tuple[str, ...]) -> None:
    done = subprocess.run(
        [*shell, "-c", f"printf '[%s]' {esc('naïve café')}"], capture_output=True, check=True
    )
    assert done.stdout.decode() == "[naïve café]"


def test_pairs_become_flags_with_escaped_values() -> None:
    assert argumentize("--env", {"A": "1 $x", "EMPTY": "", "BLANK": " "}) == [
        *("--env", 'A="1 \\$x"'),
        *("--env", "EMPTY"),
        *("--env", "BLANK"),
    ]


def test_list_items_are_not_quoted() -> None:
    assert argumentize("--volume", ["/a b:/c", "$PWD/x:/x"]) == [
        "--volume",
        "/a b:/c",
        "--volume",
        "$PWD/x:/x",
    ]


def test_options_are_flags_values_or_repeated() -> None:
    options: dict[str, OptionValue] = {"init": True, "cpus": "2", "add-host": ("a:1", "b:2"), "no": False}
    assert optionize(options) == [
        "--init",
        '--cpus "2"',
        '--add-host "a:1"',
        '--add-host "b:2"',
        '--no "false"',
    ]
    assert optionize({"host": ("a", "b"), "tls": True}, separator="=") == [
        '--host="a"',
        '--host="b"',
        "--tls",
    ]
