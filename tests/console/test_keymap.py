import os
from pathlib import Path

import pytest
from textual.dom import DOMNode

from backstaff.console import keymap
from backstaff.console.app import Console
from backstaff.console.keymap import Place, keymap_file, load_keymap, place_of, read_keymap
from backstaff.console.matrix import Matrix
from backstaff.console.why_panel import WhyPanel
from tests.console.stand import Hosts, Lines, Stand

PLACES = [place_of(Hosts), place_of(Lines), place_of(Stand)]


def read(text: str) -> dict[str, str]:
    keys, problems = read_keymap(text, PLACES)
    assert problems == ()
    return dict(keys)


def refused(text: str) -> tuple[dict[str, str], str]:
    keys, problems = read_keymap(text, PLACES)
    assert len(problems) == 1, problems
    return dict(keys), problems[0]


def test_a_place_has_the_keys_of_its_bindings_and_of_those_it_inherits() -> None:
    assert place_of(Hosts) == Place(
        "hosts",
        {
            "hosts.look": frozenset({"enter"}),
            "hosts.down": frozenset({"j", "down"}),
            "hosts.copy": frozenset({"y"}),
            "hosts.retry": frozenset({"r"}),
        },
    )
    assert place_of(Stand).keys["app.help"] == {"question_mark"}


def test_keys_are_read_in_the_form_in_which_they_arrive() -> None:
    text = "hosts.copy: ctrl+y, f2\nhosts.down: n\nlines.wrap: '?'\napp.zoom: +\n"
    assert read(text) == {
        "hosts.copy": "ctrl+y,f2",
        "hosts.down": "n",
        "lines.wrap": "question_mark",
        "app.zoom": "plus",
    }


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_changes_nothing(text: str) -> None:
    assert read(text) == {}


def test_an_unknown_binding_is_named_with_its_nearest() -> None:
    keys, problem = refused("hosts.cpoy: x\nhosts.retry: x\n")
    assert problem == "line 1: there is no binding hosts.cpoy, did you mean hosts.copy?"
    assert keys == {"hosts.retry": "x"}


def test_an_unknown_key_is_named_with_its_nearest() -> None:
    keys, problem = refused("hosts.copy: pgedown\n")
    assert problem == "line 1: pgedown is no key, did you mean pagedown?"
    assert keys == {}


@pytest.mark.parametrize("key", ["cntrl+x", "shift", "two words", "xy"])
def test_what_can_not_be_pressed_is_no_key(key: str) -> None:
    _, problem = refused(f"hosts.copy: {key}\n")
    assert f"{key} is no key" in problem or key == "shift"


def test_a_key_that_something_else_in_the_same_place_has_is_refused() -> None:
    keys, problem = refused("hosts.retry: y\n")
    assert problem == "line 1: in hosts y is bound to hosts.copy already"
    assert keys == {}


def test_two_bindings_can_swap_their_keys() -> None:
    assert read("hosts.retry: y\nhosts.copy: r\n") == {"hosts.retry": "y", "hosts.copy": "r"}


def test_of_two_wishes_for_one_key_the_first_is_granted() -> None:
    keys, problem = refused("hosts.retry: x\nhosts.copy: x\n")
    assert problem == "line 2: in hosts x is bound to hosts.retry already"
    assert keys == {"hosts.retry": "x"}


def test_a_wish_taken_back_can_take_others_with_it() -> None:
    keys, problems = read_keymap("hosts.retry: y\nhosts.copy: enter\n", PLACES)
    assert keys == {}
    assert problems == (
        "line 2: in hosts enter is bound to hosts.look already",
        "line 1: in hosts y is bound to hosts.copy already",
    )


NODES: tuple[type[DOMNode], ...] = (Console, *Console.KEY_PLACES)
REAL = [place_of(node) for node in NODES]


def test_the_example_is_of_keys_that_there_are() -> None:
    lines = (keymap.__doc__ or "").splitlines()
    example = "\n".join(line.strip() for line in lines if line.startswith("    "))
    keys, problems = read_keymap(example, REAL)
    assert problems == ()
    assert len(keys) == 2


@pytest.mark.parametrize("text", ["just text\n", "view.zoom: [x]\n"])
def test_what_a_problem_gives_as_an_example_is_right(text: str) -> None:
    _, (problem,) = read_keymap(text, REAL)
    keys, problems = read_keymap(problem.split("`")[1], REAL)
    assert problems == ()
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("run.cancel: j\n", "in hosts j is bound to hosts.down already"),
        ("run.cancel: n\n", "in lines n is bound to log.next already"),
        ("run.cancel: z\n", "on the screen z is bound to view.zoom already"),
        ("view.zoom: enter\n", "in hosts enter is bound to hosts.open already"),
    ],
)
def test_a_key_that_something_further_in_has_is_refused(text: str, problem: str) -> None:
    keys, problems = read_keymap(text, REAL)
    assert keys == {}
    assert problems == (f"line 1: {problem}",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("view.zoom: tab\n", "on the screen tab is bound to Focus Next already"),
        ("why.copy: pageup\n", "in why pageup is bound to Page Up already"),
        ("card.copy: ctrl+c\n", "everywhere ctrl+c is bound to Cancel already"),
        ("journal.export: ctrl+p\n", "everywhere ctrl+p is bound to Command palette already"),
    ],
)
def test_a_key_that_the_same_place_has_for_what_can_not_be_rebound_is_refused(
    text: str, problem: str
) -> None:
    assert read_keymap(text, REAL) == ({}, (f"line 1: {problem}",))


@pytest.mark.parametrize("key", ["tab", "ctrl+pageup"])
def test_a_key_is_refused_that_something_further_in_needs_for_what_can_not_be_rebound(key: str) -> None:
    keys, problems = read_keymap(f"run.cancel: {key}\n", REAL)
    assert keys == {}
    assert len(problems) == 1
    assert f" {key} is bound to " in problems[0]


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
@pytest.mark.parametrize("binding", ["hosts.copy", "log.pause", "view.zoom"])
def test_a_key_that_works_whatever_has_the_focus_can_not_be_had_further_in(binding: str, key: str) -> None:
    keys, problems = read_keymap(f"{binding}: {key}\n", REAL)
    assert keys == {}
    assert len(problems) == 1
    assert problems[0].startswith(f"line 1: everywhere {key} is bound to ")


def test_what_is_further_in_may_take_a_key_of_the_app_that_can_not_be_rebound() -> None:
    assert read_keymap("hosts.copy: ctrl+p\n", REAL) == ({"hosts.copy": "ctrl+p"}, ())


def test_keys_that_a_class_has_in_the_place_of_its_base_class_are_its_own() -> None:
    place = place_of(WhyPanel)
    assert place.keys["why.down"] == {"j"}
    assert place.fixed["down"] == "Scroll Down"
    assert "up" not in place_of(Matrix).fixed


def test_of_two_wishes_of_which_one_hides_the_other_the_first_is_granted() -> None:
    keys, problem = refused("hosts.copy: x\napp.cancel: x\n")
    assert problem == "line 2: in hosts x is bound to hosts.copy already"
    assert keys == {"hosts.copy": "x"}
    keys, problem = refused("app.cancel: x\nhosts.copy: x\n")
    assert problem == "line 2: everywhere x is bound to app.cancel already"
    assert keys == {"app.cancel": "x"}


def test_a_wish_is_not_blamed_for_a_usual_key_that_it_keeps() -> None:
    keys, problem = refused("app.cancel: j\nhosts.down: j,n\n")
    assert problem == "line 1: in hosts j is bound to hosts.down already"
    assert keys == {"hosts.down": "j,n"}


def test_usual_keys_may_stay_where_they_are_hidden() -> None:
    keys, problems = read_keymap("app.quit: q,f10\nhosts.filter: /,f3\n", REAL)
    assert problems == ()
    assert keys == {"app.quit": "q,f10", "hosts.filter": "slash,f3"}


def test_what_is_further_in_may_take_a_usual_key() -> None:
    assert read("hosts.copy: c\n") == {"hosts.copy": "c"}


def test_different_places_can_have_the_same_key() -> None:
    assert read("lines.wrap: y\n") == {"lines.wrap": "y"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hosts.copy: x\nhosts.copy: f2\n", "line 2: hosts.copy was bound in line 1 already"),
        ("hosts.copy:\n", "line 1: hosts.copy has no key"),
        ("hosts.copy: ' , '\n", "line 1: hosts.copy has no key"),
        ("hosts.copy: [x, y]\n", "line 1: it should be a binding and its keys"),
        ("[x]: y\n", "line 1: it should be a binding and its keys"),
        ("- hosts.copy\n", "it should have lines such as"),
        ("just text\n", "it should have lines such as"),
        ("hosts.copy: x\n  : :\n", "line 2: it is not valid YAML"),
        ("hosts.copy: \x07\n", "it is not valid YAML"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_its_line(text: str, expected: str) -> None:
    _, problem = refused(text)
    assert problem.startswith(expected)


def test_no_file_is_no_problem(tmp_path: Path) -> None:
    keymap = load_keymap(tmp_path / "keys.yml", PLACES)
    assert keymap.keys == {}
    assert keymap.notice == ""


def test_all_problems_are_one_notice_that_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.yml"
    file.write_text("hosts.retry: y\nnothing: x\n")
    lines = load_keymap(file, PLACES).notice.splitlines()
    assert lines[0] == f"{file}: 2 problems, the rest applies"
    assert len(lines) == 3


@pytest.mark.parametrize("kind", ["directory", "not text"])
def test_a_file_that_can_not_be_read_is_told(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "keys.yml"
    if kind == "directory":
        file.mkdir()
    else:
        file.write_bytes(b"hosts.copy: \xff")
    keymap = load_keymap(file, PLACES)
    assert keymap.keys == {}
    assert "it can not be read" in keymap.notice


def test_the_file_lies_in_the_users_configuration_directory() -> None:
    assert keymap_file() == Path(os.environ["XDG_CONFIG_HOME"]) / "backstaff" / "keys.yml"


def own_keys(text: str) -> None:
    keymap_file().parent.mkdir(parents=True)
    keymap_file().write_text(text)


async def test_the_operators_keys_work_in_the_place_of_the_usual_ones() -> None:
    own_keys("hosts.copy: x,f2\napp.zoom: Z\n")
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.press("x", "f2", "y", "Z", "z", "r")
        assert app.done == ["copy", "copy", "zoom", "retry"]
        assert app.told == []


async def test_a_broken_file_is_told_and_the_usual_keys_work() -> None:
    own_keys("hosts.copy: x\nhosts.zoom: [bold]\n")
    app = Stand({})
    async with app.run_test() as pilot:
        app.query_one(Hosts).focus()
        await pilot.press("x", "z")
        assert app.done == ["copy", "zoom"]
        assert len(app.told) == 1
        assert "1 problem" in app.told[0]
