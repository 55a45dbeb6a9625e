import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_store import EVERYTHING, LineStore, LogEntry, Origin, Scope
from tests.console.lines import a_line, a_store, numbered

NAMES = st.sampled_from(["", "h1", "h2"])
ENTRIES = st.builds(
    a_line,
    text=st.text(alphabet="ab", max_size=5),
    host=NAMES,
    role=st.sampled_from(["", "web", "job"]),
    source=st.sampled_from(["container", "proxy", "hook"]),
)
SCOPES = st.builds(
    Scope,
    host=NAMES,
    role=st.sampled_from(["", "web", "job"]),
)


def test_lines_keep_their_numbers_when_others_fall_out() -> None:
    store = a_store(*numbered(10), most_lines=4)
    assert (store.first, store.end, len(store)) == (6, 10, 4)
    assert [store[number].text for number in range(6, 10)] == ["line 6", "line 7", "line 8", "line 9"]
    store.extend(numbered(1, 10))
    assert store[7].text == "line 7"
    with pytest.raises(IndexError):
        store[6]


def test_lines_that_are_to_come_are_not_there() -> None:
    with pytest.raises(IndexError):
        a_store(*numbered(3))[3]


def test_very_long_lines_fall_out_earlier() -> None:
    store: LineStore[LogEntry] = LineStore(most_lines=1_000, most_characters=100)
    store.extend([a_line("x" * 40) for _ in range(10)])
    assert (store.first, store.end) == (8, 10)
    store.extend([a_line("y" * 500)])
    assert (store.first, store.end) == (10, 11), "the newest line always stays"


def test_what_fell_out_is_let_go_of() -> None:
    store = a_store(most_lines=100)
    for start in range(0, 10_000, 500):
        store.extend(numbered(500, start))
    assert len(store._entries) < 100 + 1_100
    assert list(store.numbers(Scope("h1", "web"))) == list(range(9_900, 10_000))


def test_text_is_made_inert_as_it_comes_in() -> None:
    assert a_line("\x1b]0;title\x07[red]\tx").text == "[red]   x"


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (EVERYTHING, ["web@h1", "job@h1", "web@h2", "of h1", "hook"]),
        (Scope("h1"), ["web@h1", "job@h1", "of h1"]),
        (Scope(role="web"), ["web@h1", "web@h2"]),
        (Scope("h1", "web"), ["web@h1", "of h1"]),
        (Scope("h3", "web"), []),
    ],
)
def test_a_scope_picks_a_pair_a_host_a_role_or_everything(scope: Scope, seen: list[str]) -> None:
    store = a_store(
        a_line("web@h1"),
        a_line("job@h1", role="job"),
        a_line("web@h2", host="h2"),
        a_line("of h1", role="", source="proxy"),
        a_line("hook", host="", role="", source="hook", name="pre-build"),
    )
    assert [store[number].text for number in store.numbers(scope)] == seen


@given(st.lists(st.lists(ENTRIES, max_size=30), max_size=6), SCOPES, st.integers(1, 50))
def test_the_numbers_of_a_scope_are_those_of_its_lines(
    batches: list[list[LogEntry]], scope: Scope, most_lines: int
) -> None:
    store = a_store(most_lines=most_lines)
    for batch in batches:
        store.extend(batch)
    entries = [entry for batch in batches for entry in batch]
    kept = list(enumerate(entries))[-most_lines:]
    covered = [
        number for number, each in kept if scope.covers(Origin(each.host, each.role, each.source, each.name))
    ]
    assert list(store.numbers(scope)) == covered
    assert store.pick(covered) == [entries[number] for number in covered]
    assert list(store.since(store.end - 2)) == entries[max(0, len(entries) - 2) :][-most_lines:]


def test_older_lines_are_put_before_all_others_and_have_numbers_below() -> None:
    store = a_store(*numbered(3, start=10))
    store.put_before([*numbered(2, start=8), a_line("of h2", host="h2")])
    assert [entry.text for entry in store.since(store.first)] == [
        "line 8",
        "line 9",
        "of h2",
        "line 10",
        "line 11",
        "line 12",
    ]
    assert (store.first, store.end) == (-3, 3)
    assert list(store.numbers(Scope("h2"))) == [-1]
    assert list(store.numbers(Scope("h1"))) == [-3, -2, 0, 1, 2]
    store.extend(numbered(1, start=13))
    assert store[3].text == "line 13"


def test_of_older_lines_the_newest_are_kept_as_far_as_there_is_room() -> None:
    store = a_store(*numbered(3, start=10), most_lines=5)
    store.put_before(numbered(10))
    assert [entry.text for entry in store.since(store.first)] == [f"line {n}" for n in (8, 9, 10, 11, 12)]
    store.extend(numbered(1, start=13))
    assert store[store.first].text == "line 9"


def test_once_lines_fell_out_there_is_no_room_for_older_ones() -> None:
    store = a_store(*numbered(6), most_lines=3)
    store.put_before(numbered(1))
    assert [entry.text for entry in store.since(store.first)] == ["line 3", "line 4", "line 5"]
