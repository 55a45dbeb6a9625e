import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.plan.patterns import matches, split_items


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("web1", "web1", True),
        ("web1", "web12", False),
        ("web*", "web12", True),
        ("*", "10.0.0.1", True),
        ("web?", "web1", True),
        ("web?", "web", False),
        ("web[12]", "web2", True),
        ("web[!12]", "web2", False),
        ("web[^12]", "web3", True),
        ("web[1-3]", "web2", True),
        ("web[3-1]", "web2", False),
        ("web[]]", "web]", True),
        ("web[1", "web[1", False),
        ("web{1,2}", "web2", True),
        ("web{1,2}", "web3", False),
        ("{web,job}{1,2}.test", "job2.test", True),
        ("{w{eb,orker},job}1", "worker1", True),
        ("web{1", "web{1", True),
        ("web\\*", "web*", True),
        ("web\\*", "web1", False),
        ("WEB1", "web1", False),
        ("*", ".hidden", False),
        (".*", ".hidden", True),
        ("a.b", "axb", False),
        ("ssh*", "ssh://x/y", True),
    ],
)
def test_names_match_as_in_ruby(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="*?[]{}\\"), min_size=1))
def test_a_name_matches_itself_and_a_star(name: str) -> None:
    assert matches(name, name)
    assert matches("*", name) is not name.startswith(".")


@given(st.text("*?[]{}\\,!^-ab", max_size=12), st.text("ab-", max_size=6))
def test_any_pattern_gives_an_answer(pattern: str, name: str) -> None:
    assert matches(pattern, name) in {True, False}


def test_lists_are_split_at_commas_outside_braces() -> None:
    assert split_items("h1, h2,,h{3,4}") == ("h1", "h2", "h{3,4}")
    assert split_items("") == ()
