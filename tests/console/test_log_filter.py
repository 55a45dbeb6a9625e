import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_index import LineIndex
from backstaff.console.line_store import LogEntry, Origin, Scope
from backstaff.console.log_filter import BadPattern, LogFilter, Pattern, parse_pattern
from tests.console.lines import a_line, a_store
from tests.console.test_line_store import ENTRIES, SCOPES

PATTERNS = st.sampled_from(["a", "b", "ab", "^a", "a+b", "[ab]b$", "B"]).map(parse_pattern)


def pattern(text: str) -> Pattern:
    parsed = parse_pattern(text)
    assert isinstance(parsed, Pattern)
    return parsed


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("error", "an ERROR", True),
        ("Error", "an ERROR", False),
        ("Error", "an Error", True),
        (r"\S+", "x", True),
        (r"err\S", "ERRor", True),
        ("é", "É", True),
        ("straße", "STRASSE straße", True),
        ("kelvin", "\u212aelvin", True),
        ("db:54.2", "at DB:5432", True),
    ],
)
def test_case_counts_only_with_a_capital_letter(typed: str, text: str, found: bool) -> None:
    assert pattern(typed).found_in(text) is found


@pytest.mark.parametrize(
    "typed", ["a(b", "[", "*", "a{2,1}", "(?P<n>a)(?P<n>b)", "a{99999999999999}", "(?L)a"]
)
def test_what_is_no_regular_expression_says_why(typed: str) -> None:
    parsed = parse_pattern(typed)
    assert isinstance(parsed, BadPattern)
    assert parsed.why


@pytest.mark.parametrize("typed", ["(a+)+$", r"(\w+\s?)*:", "((a*)b?)+", "(?:x+y)+z", "(a{2,})*", "(a|b+)+"])
def test_a_repeat_of_a_repeat_is_refused_before_it_stalls_a_run(typed: str) -> None:
    parsed = parse_pattern(typed)
    assert isinstance(parsed, BadPattern)
    assert "repeat" in parsed.why


@pytest.mark.parametrize(
    "typed", ["(a+)b+", "(ab)+", r"(\(+)", "[(a+)+]+", r"\(a+\)+", "(a?)+", "(a{2,3})+", "a.*b.*c"]
)
def test_ordinary_repeats_are_not_refused(typed: str) -> None:
    assert isinstance(parse_pattern(typed), Pattern)


def test_a_doubtful_expression_warns_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(parse_pattern("[[a]"), Pattern)


@given(st.text(alphabet="ab(){}[]*+?|\\^$.,1", max_size=12))
def test_no_typed_text_raises(typed: str) -> None:
    parsed = parse_pattern(typed)
    if isinstance(parsed, Pattern):
        parsed.found_in("aabbab")


@given(
    st.text(alphabet="aAbBkK\u212a\u017fs", max_size=6), st.text(alphabet="aAbBkK\u212a\u017fs", max_size=12)
)
def test_plain_text_is_found_where_the_expression_finds_it(typed: str, text: str) -> None:
    parsed = pattern(typed)
    assert parsed.found_in(text) == (parsed.regex.search(text) is not None)


def test_matches_that_touch_are_one_span_and_empty_ones_none() -> None:
    assert pattern("o").spans("foo boo") == [(1, 3), (5, 7)]
    assert pattern("x*").spans("axxb") == [(1, 3)]


def test_a_line_needs_the_included_and_must_not_have_the_excluded_text() -> None:
    wanted = LogFilter(include=pattern("error"), exclude=pattern("health"))
    assert wanted.admits("an error")
    assert not wanted.admits("an error in health")
    assert not wanted.admits("fine")


def expected(
    entries: list[LogEntry], first: int, wanted: LogFilter, search: Pattern
) -> tuple[list[int], list[int]]:
    numbers = [
        number
        for number, each in enumerate(entries)
        if number >= first
        and wanted.scope.covers(Origin(each.host, each.role, each.source, each.name))
        and (wanted.include is None or wanted.include.regex.search(each.text))
        and (wanted.exclude is None or not wanted.exclude.regex.search(each.text))
    ]
    return numbers, [number for number in numbers if search.regex.search(entries[number].text)]


@given(
    st.lists(st.lists(ENTRIES, max_size=20), min_size=1, max_size=6),
    st.builds(LogFilter, SCOPES, st.none() | PATTERNS, st.none() | PATTERNS),
    PATTERNS,
    st.integers(1, 40),
    st.integers(0, 6),
)
def test_lines_taken_in_as_they_come_are_those_found_from_scratch(
    batches: list[list[LogEntry]], wanted: LogFilter, search: Pattern, most_lines: int, filtered_after: int
) -> None:
    store = a_store(most_lines=most_lines)
    index = LineIndex(store)
    for place, batch in enumerate(batches):
        if place == filtered_after:
            index.use(wanted)
            index.find(search)
        store.extend(batch)
        index.catch_up()
    if filtered_after >= len(batches):
        index.use(wanted)
        index.find(search)
    entries = [entry for batch in batches for entry in batch]
    assert (list(index.numbers), list(index.matches)) == expected(entries, store.first, wanted, search)


def test_catching_up_says_how_many_lines_fell_out() -> None:
    store = a_store(*[a_line(f"{n}", role="web" if n % 2 else "job") for n in range(10)], most_lines=10)
    index = LineIndex(store)
    index.use(LogFilter(Scope(role="web")))
    store.extend([a_line("new", role="job")] * 4)
    assert index.catch_up() == 2
    assert list(index.numbers) == [5, 7, 9]
