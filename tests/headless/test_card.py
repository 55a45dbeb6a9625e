import pytest

from backstaff.events.facts import FailureCard
from backstaff.events.types import RunEnded
from backstaff.explain.words import duration, size
from backstaff.headless.card import card_lines, clock
from tests.events.builders import Script, a_run


def a_card(**changes: object) -> FailureCard:
    return FailureCard.model_validate({"title": "boot of web on h2", "cause": "it exited", **changes})


def rendered(card: FailureCard, width: int = 100, verdict: str = "failed") -> list[str]:
    ended = RunEnded.model_validate({"exit_code": 1, "verdict": verdict, "took_s": 41})
    return [str(line) for line in card_lines(card, Script().at(0, a_run()).at(41, ended).board, width)]


def test_parts_without_anything_to_say_are_left_out() -> None:
    assert [line.split()[0] for line in rendered(a_card())] == ["FAILED", "cause"]


def test_the_headline_ends_with_the_run_at_the_right_edge() -> None:
    headline = rendered(a_card())[0]
    assert headline.endswith("shop · production   v42   0:41")
    assert len(headline) == 100


def test_a_cancelled_run_is_not_called_failed() -> None:
    assert rendered(a_card(), verdict="cancelled")[0].startswith("CANCELLED  ")


def test_states_stand_side_by_side_where_they_fit() -> None:
    assert rendered(a_card(state=("h1 v41 serves", "lock released")))[-1] == (
        "  state     h1 v41 serves · lock released"
    )
    many = tuple(f"host-{number} v41 serves" for number in range(8))
    assert len(rendered(a_card(state=many))) == 10


def test_long_text_is_wrapped_under_its_label_but_a_command_never() -> None:
    lines = rendered(a_card(cause="word " * 40, retry="backstaff deploy " + "--long " * 30), 60)
    assert all(len(line) <= 60 for line in lines if "backstaff" not in line and "FAILED" not in line)
    assert lines[2].startswith("            word")
    assert lines[-1].count("--long") == 30


def fix_lines(fix: str, width: int) -> list[str]:
    """The lines of the fix without their indentation."""
    return [line[12:] for line in rendered(a_card(fix=fix), width)[2:]]


def test_a_command_after_the_advice_gets_a_line_of_its_own_where_it_does_not_fit_beside_it() -> None:
    advice, command = "see what the app wrote as it ended", "backstaff app logs -h h1.example.com -r web"
    assert fix_lines(f"{advice}   {command}", 110) == [f"{advice}   {command}"]
    assert fix_lines(f"{advice}   {command}", 60) == [advice, command]
    assert fix_lines(f"{advice}   {command}", 34) == ["see what the app wrote", "as it ended", command]


def test_several_ways_out_have_lines_of_their_own_with_their_commands_whole() -> None:
    fix = "h1: remove its old key with `ssh-keygen -R 'h1'`\nh2: install it   apt-get install docker"
    lines = rendered(a_card(fix=fix), 110)
    assert lines[2:] == [
        "  fix       h1: remove its old key with `ssh-keygen -R 'h1'`",
        "            h2: install it   apt-get install docker",
    ]
    assert fix_lines(fix, 40) == [
        "h1: remove its old key with",
        "`ssh-keygen -R 'h1'`",
        "h2: install it",
        "apt-get install docker",
    ]


def test_a_command_in_backquotes_is_not_broken() -> None:
    lines = fix_lines(
        "replace it with `kamal proxy reboot` or `docker rm --force kamal-proxy`; it restarts", 50
    )
    assert lines == [
        "replace it with `kamal proxy reboot`",
        "or `docker rm --force kamal-proxy`; it",
        "restarts",
    ]


@pytest.mark.parametrize("amount", [duration(1.1), duration(123), duration(7800), size(4_100_000_000)])
def test_a_number_keeps_its_unit(amount: str) -> None:
    for width in range(40, 70):
        lines = rendered(a_card(cause=f"one word after the other, and then {amount} of it, at last"), width)
        assert any(amount in line for line in lines), lines


def test_a_lone_backquote_is_only_a_character() -> None:
    assert fix_lines("a ` in the text " + "word " * 8, 40) == [
        "a ` in the text word word",
        "word word word word word",
        "word",
    ]


def test_outside_text_is_inert() -> None:
    lines = rendered(a_card(title="\x1b[2Jx", cause="a\rb", evidence=("\x9b31mred",), fix="\x07"))
    assert all(line.isprintable() for line in lines)


def test_an_endless_line_of_evidence_is_told_by_its_beginning_and_its_end() -> None:
    lines = rendered(a_card(evidence=("it says " + "word " * 2000 + "at last", "and then")))
    assert lines[2].startswith("  evidence  it says word")
    assert lines[-2].endswith("at last")
    assert lines[-1].strip() == "and then"
    assert len(lines) < 12


def test_the_clock() -> None:
    assert [clock(each) for each in (0, 41.9, 725, 3723)] == ["0:00", "0:41", "12:05", "1:02:03"]
