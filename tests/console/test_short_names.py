"""How names become short."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_text import cells
from backstaff.console.short_names import common_domain, shortened


@pytest.mark.parametrize(
    ("names", "domain"),
    [
        ([], ""),
        (["h1", "h2"], ""),
        (["web-1.example.com", "job-1.example.com"], ".example.com"),
        (["web-1.eu.example.com", "web-1.us.example.com"], ".example.com"),
        (["web-1.example.com", "localhost"], ""),
        (["example.com", "web.example.com"], ".com"),
        (["web-1.example.com"], ".example.com"),
        (["10.0.0.1", "10.1.0.1"], ""),
    ],
)
def test_a_domain_is_whole_labels_that_all_names_end_with(names: list[str], domain: str) -> None:
    assert common_domain(names) == domain


@given(st.lists(st.from_regex(r"[ab](\.[ab1]){0,3}", fullmatch=True), unique=True))
def test_names_stay_different_and_are_never_empty_without_their_domain(names: list[str]) -> None:
    domain = common_domain(names)
    left = [name.removesuffix(domain) for name in names]
    assert len(set(left)) == len(names)
    assert all(left)


def test_a_name_is_shortened_in_the_middle() -> None:
    assert shortened("prod-frankfurt-web-01", 11) == "prod-…eb-01"
    assert shortened("web-01", 6) == "web-01"


@given(st.text(alphabet="ab漢é-", max_size=40), st.integers(0, 30))
def test_a_shortened_name_has_room_and_shows_that_something_is_missing(name: str, width: int) -> None:
    short = shortened(name, width)
    assert cells(short) <= width
    assert short == name or "…" in short or width == 0
