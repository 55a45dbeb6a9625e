"""Files that are no YAML, or no YAML that could be a deploy.yml: each error with its place."""

from pathlib import Path

import pytest

from tests.config.builders import MINIMAL, errors, load

CASES: dict[str, tuple[str, list[str]]] = {
    "empty file": ("", ["deploy.yml: is empty"]),
    "only comments": ("# nothing\n", ["deploy.yml: is empty"]),
    "a list": (
        "- a\n",
        ["deploy.yml:1:1: should be a mapping of keys such as service:"],
    ),
    "yaml syntax": (
        "service: app\nimage: a: b\n",
        ["deploy.yml:2:9: not valid YAML: mapping values are not allowed here"],
    ),
    "unclosed bracket": (
        "service: app\nservers: [a\nimage: x\n",
        ["deploy.yml:3:6: not valid YAML: while parsing a flow sequence, expected ',' or ']', but got ':'"],
    ),
    "tab indentation": (
        "service: app\nboot:\n\tlimit: 1\n",
        [
            (
                "deploy.yml:3:1: not valid YAML: while scanning for the next token, "
                "found character '\\t' that cannot start any token"
            )
        ],
    ),
    "control character": (
        MINIMAL + "x-a: \x01\n",
        ["deploy.yml:6:6: not valid YAML: special characters are not allowed"],
    ),
    "a character that there is not": (
        MINIMAL + 'labels: {a: "b\\U00110000"}\n',
        ["deploy.yml:6:17: not valid YAML: there is no such character"],
    ),
    "a character with too great a number": (
        MINIMAL + 'labels: {a: "\\Uffffffff"}\n',
        ["deploy.yml:6:16: not valid YAML: there is no such character"],
    ),
    "a version of YAML without end": (
        f"%YAML 1.{'9' * 5000}\n---\na: 1\n",
        ["deploy.yml:1:9: not valid YAML: no version of YAML"],
    ),
    "undefined alias": (
        "service: *nope\n",
        ["deploy.yml:1:10: not valid YAML: found undefined alias 'nope'"],
    ),
    "alias of itself": (
        "service: app\nservers: &a [*a]\n",
        ["deploy.yml:1:1: an anchor contains an alias of itself"],
    ),
    "two documents": (
        "service: app\n---\nservice: b\n",
        [
            (
                "deploy.yml:2:1: not valid YAML: expected a single document in the stream, "
                "but found another document"
            )
        ],
    ),
    "duplicate key": (
        MINIMAL + "service: other\n",
        ["deploy.yml:6:1: service: the key is already there on line 1"],
    ),
    "unsupported tag": (
        MINIMAL + "labels: {a: !secret x}\n",
        ["deploy.yml:6:13: the YAML tag !secret is not supported"],
    ),
    "merge key without mapping": (
        MINIMAL + "labels: {<<: a}\n",
        ["deploy.yml:6:14: a merge key (<<) needs a mapping or a list of them"],
    ),
    "a symbol below the root": (
        MINIMAL + "boot: {:wait: 1}\n",
        [
            (
                "deploy.yml:6:8: not valid YAML: while parsing a flow node, "
                "expected the node content, but found ':'"
            )
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_each_mistake_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert errors(tmp_path, text) == expected


HALF = "a text has half a character in it, \\ud83d: write the whole character, or \\U and its eight digits"


@pytest.mark.parametrize("escapes", [r"\ud83d", r"a\ud83db", r"\ud83d\ude00"])
@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("", ": 1", 1),
        ("x-a: {b: [", "]}", 11),
        ("service: ", "", 10),
        ("env: {clear: {A: ", "}}", 18),
        ("env: {clear: {", ": 1}}", 15),
        ("labels: {", ": a}", 10),
        ("proxy: {hosts: [a, ", "]}", 20),
        ("accessories: {db: {image: ", ", host: a}}", 27),
        ("x-backstaff: {unknown_hosts: ", "}", 30),
    ],
)
def test_half_a_character_is_told_with_its_place_wherever_it_stands(
    tmp_path: Path, escapes: str, before: str, after: str, column: int
) -> None:
    above = MINIMAL.replace("service: app\n", "") if before == "service: " else MINIMAL
    line = above.count("\n") + 1
    found = errors(tmp_path, f'{above}{before}"{escapes}"{after}\n')
    assert found == [f"deploy.yml:{line}:{column}: {HALF}"]


def test_a_whole_character_may_be_escaped(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL + 'env: {A: "\\U0001f600"}\n').env.clear["A"] == "😀"


def test_a_byte_in_the_environment_is_told_where_the_template_stands(tmp_path: Path) -> None:
    text = MINIMAL + 'env: {A: "<%= ENV["ODD"] %>"}\n'
    assert errors(tmp_path, text, environ={"ODD": "a\udcff"}) == [
        "deploy.yml:6:11: the template's value is not UTF-8 text: it has the byte 0xff in it"
    ]


def test_bytes_that_are_not_utf_8_are_located(tmp_path: Path) -> None:
    assert errors(tmp_path, b"service: app\nimage: \xff\n") == ["deploy.yml:2:8: is not UTF-8 text"]


def test_places_stay_right_behind_templates(tmp_path: Path) -> None:
    text = """\
        # <%# a comment
        over two lines %>
        service: <%= ENV["NAME"] || "a
        b" %>
        boot: {limit: <%= 'x' %>, wate: 1}
        builder: {arch: amd64}
    """
    found = errors(tmp_path, text, environ={"NAME": "app"})
    assert "deploy.yml:5:27: boot/wate: unknown key (did you mean `wait`?)" in found
    assert any(line.startswith("deploy.yml:5:15: boot/limit:") for line in found)


def test_aliases_that_multiply_are_refused(tmp_path: Path) -> None:
    levels = "\n".join(f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9))
    found = errors(tmp_path, f"x-bomb:\n  - &l0 [a]\n{levels}\n")
    assert found == ["deploy.yml:1:1: its aliases expand to far too many values"]


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    assert errors(tmp_path, "service: " + "[" * 5000) == [
        "deploy.yml:1:1: not valid YAML: it is nested too deeply"
    ]
    assert errors(tmp_path, "service: " + "[" * 80 + "]" * 80) == ["deploy.yml:1:1: is nested too deeply"]
