import base64
import html
import json
import re
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_text import shown_text
from backstaff.errors import BackstaffError
from backstaff.events.facts import FailureCard, Phase
from backstaff.events.inert import inert, inert_lines, readings
from backstaff.events.redact import MASK, Redactor
from backstaff.events.secret_forms import SHORTEST, forms_of
from backstaff.events.types import BodyAdapter, ContainersSeen, Failed, Output, PhaseStarted
from tests.events.builders import a_container

SECRET = 'p"w$d/1 x'


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        json.dumps(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        "p%22w%24d%2F1%20x",
        'p\\"w\\$d/1 x',
    ],
)
def test_a_secret_is_masked_in_every_shape_it_turns_up_in(shown: str) -> None:
    masked = Redactor([SECRET]).text(f"<{shown}>")
    assert MASK in masked
    assert "w$d" not in masked


def test_secrets_are_masked_in_nested_facts_and_in_labels() -> None:
    container = a_container().model_copy(update={"labels": {"token": "s3cr3t-token", "s3cr3t-token": "x"}})
    masked = Redactor(["s3cr3t-token"]).body(ContainersSeen(host="h1", containers=(container,)))
    assert "s3cr3t" not in masked.model_dump_json()
    card = FailureCard(title="x", cause="s3cr3t-token", evidence=("a", "is s3cr3t-token"))
    assert "s3cr3t" not in Redactor(["s3cr3t-token"]).body(Failed(card=card)).model_dump_json()


def test_a_secret_that_equals_one_of_our_own_words_breaks_no_event() -> None:
    redactor = Redactor(["hook", "boot", "output", "phase_started"])
    output = redactor.body(Output(source="hook", text="hook runs"))
    assert output == Output(source="hook", text=f"{MASK} runs")
    phase = redactor.body(PhaseStarted(phase=Phase.BOOT, detail="boot"))
    assert phase == PhaseStarted(phase=Phase.BOOT, detail=MASK)
    assert BodyAdapter.validate_json(phase.model_dump_json()) == phase


def test_an_event_without_secrets_is_the_same_object() -> None:
    body = Output(source="hook", text="nothing here")
    assert Redactor(["s3cr3t"]).body(body) is body


def test_values_too_short_to_be_told_from_words_stay() -> None:
    assert Redactor(["abc", ""]).text("abc") == "abc"


@pytest.mark.parametrize(
    "text",
    [
        "db pass sword\x1b[1mfish-4711\x1b[0m",
        "sword\x1b]0;title\x07fish-4711",
        "sword\x1b[1;38;5;9mfish\x1b(B-4711",
        "sword\x9b1mfish-4711",
        "sword\x1bfish-4711",
        "sword\x00fish-4711",
        "sword\x08fish-4711",
        "sword\rfish-4711",
        "sword\nfish-4711",
        "sword\r\x1b[Kfish-4711",
        "sword\u200bfish-4711",
        "sword\u200dfish-4711",
        "sword\ufe0ffish-4711",
        "sword\u202efish-4711",
        "sword\U000e0041fish-4711",
        "\u200b".join("swordfish-4711"),
        "\x1b]0;sword\u200bfish-4711\x07",
        "\x1b]0;swordfish-4711\x07",
        "key c3dvcmRma\x1b[0mXNoLTQ3MTE=",
        "key 73776f7264\x1b[0m666973682d34373131",
        "user=a&key=sword%66ish-4711 swordf\x1b[misĥ swordfish-4711",
    ],
)
def test_a_secret_is_masked_with_what_nobody_sees_in_it(text: str) -> None:
    masked = Redactor(["swordfish-4711"]).text(text)
    assert MASK in masked
    assert "swordfish-4711" not in masked
    for shown in (inert(masked), shown_text(masked), *inert_lines(masked)):
        assert not {"swordfish-4711", "fish-4711", "sword fish-4711", "73776f7264666"} & {
            shown,
            shown.strip(),
        }
        assert "fish-4711" not in shown


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("swordfish", "\x1b[1msword\x1b[0mfish"),
        ("sword[1mfish", "sword\x1b[1mfish"),
        ("sword[1mfish", "sword\x1b[\x1b[1m1mfish"),
        ("mswordfish", "\x1b[0mswordfish"),
        ("swordfish[3", "swordfish\x1b[34m"),
        ("471147", "\x1b[471147m"),
    ],
)
def test_a_secret_is_masked_whether_colours_are_shown_as_such_or_as_text(secret: str, text: str) -> None:
    masked = Redactor([secret]).text(text)
    assert MASK in masked
    assert all(secret not in reading for reading in readings(masked))


@given(
    secret=st.text("[01;mKa", min_size=SHORTEST, max_size=6),
    around=st.lists(st.sampled_from(["\x1b", "\x1b[", "\x1b[1m", "\x1b[0", "[", "m", "0", "a", "\t"])).map(
        "".join
    ),
    colour=st.sampled_from(["", "\x1b", "\x1b[m", "\x1b[0;1m", "\x1b[K"]),
)
def test_no_secret_is_read_that_looks_like_a_part_of_colours(secret: str, around: str, colour: str) -> None:
    masked = Redactor([secret]).text(f"{around}{secret[:2]}{colour}{secret[2:]}{around}")
    assert all(secret not in reading for reading in readings(masked))


def test_of_what_is_around_a_secret_only_the_invisible_goes() -> None:
    redactor = Redactor(["swordfish-4711"])
    assert redactor.text("a\tb\n\x1b[1mis sword\x1b[0mfish-4711!\r\nc") == f"a\tb\nis {MASK}!\r\nc"
    for text in ("\x1b[1ma\x1b[0m\tb\r\n", "👩\u200d🚀", "\u200b"):
        assert redactor.text(text) == text


def test_a_secret_that_has_something_invisible_in_it_is_masked_with_and_without() -> None:
    redactor = Redactor(["\ufeffsword\x1b[1mfish", "tab\tbed-key"])
    for text in ("\ufeffsword\x1b[1mfish", "swordfish", "tab\tbed-key", "tab bed-key", "tab\\tbed-key"):
        assert redactor.text(f"<{text}>") == f"<{MASK}>"


def test_a_secret_of_several_lines_is_masked_as_a_whole_by_the_line_and_with_other_line_ends() -> None:
    key = "-----BEGIN\nabcdefgh\nijkl\n-----END"
    redactor = Redactor([key])
    assert redactor.text(f"<{key}>") == f"<{MASK}>"
    assert redactor.text("<{}>".format(key.replace("\n", "\r\n"))) == f"<{MASK}>"
    assert redactor.text(f"<{' '.join(key.splitlines())}>") == f"<{MASK}>"
    assert [redactor.text(line) for line in key.splitlines()] == [MASK, MASK, "ijkl", MASK]


@pytest.mark.parametrize(
    "text",
    [
        "CPU 12\t3456\t99",
        "12\n3456",
        "12\r\n3456",
        "the pass\nword list",
        "pass\rword",
        "a column\tof-a-table",
        "\x1b[1ma column\tof-a-table\x1b[0m",
        "a column\tof-a-table\r\nb",
    ],
)
def test_words_of_two_columns_or_of_two_lines_are_no_secret(text: str) -> None:
    assert Redactor(["123456", "password", "columnof-a-table"]).text(text) == text


def test_columns_stay_apart_around_a_secret() -> None:
    assert Redactor(["swordfish-4711"]).text("1\tswordfish-4711\t2\n") == f"1\t{MASK}\t2\n"


SECRETS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), min_size=6, max_size=30).filter(
    forms_of
)


@pytest.mark.parametrize(
    "write",
    [
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(secret).replace("/", "\\/"),
        lambda secret: quote(secret),
        lambda secret: quote(secret, safe=""),
        lambda secret: quote_plus(secret),
        lambda secret: urlencode({"key": secret}),
        shlex.quote,
        lambda secret: secret.encode().hex(),
        lambda secret: secret.encode().hex().upper(),
        lambda secret: base64.b64encode(secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
        repr,
        ascii,
        lambda secret: repr(secret.encode())[1:],
        html.escape,
        lambda secret: html.escape(secret, quote=False),
        lambda secret: html.escape(secret).replace("&#x27;", "&#39;"),
        lambda secret: re.sub(r"\\u....", lambda found: "\\u" + found[0][2:].upper(), json.dumps(secret)),
    ],
)
@given(secret=SECRETS)
def test_a_secret_is_masked_however_a_library_writes_it(write: Callable[[str], str], secret: str) -> None:
    masked = Redactor([secret]).text(write(secret))
    rest = masked.replace(MASK, "")
    assert MASK in masked
    assert rest.strip("'\"=") in {"", "key"}


@pytest.mark.parametrize(
    "write",
    [
        lambda secret: json.dumps(json.dumps({"key": secret})),
        lambda secret: json.dumps(json.dumps({"key": secret}, ensure_ascii=False), ensure_ascii=False),
        lambda secret: json.dumps(repr({"key": secret})),
        lambda secret: repr(json.dumps({"key": secret}).encode()),
    ],
)
@given(secret=SECRETS)
def test_a_secret_is_masked_in_what_is_quoted_twice(write: Callable[[str], str], secret: str) -> None:
    begin, end = write("middle").split("middle")
    masked = Redactor([secret]).text(write(secret))
    # Python takes the quotes that go with a text, and those may need backslashes.
    assert len(masked) <= len(begin + MASK + end) + 2
    assert MASK in masked


@pytest.mark.parametrize(
    "shown",
    [
        r"{'password': 'p\"w\\d$1x'}",
        r'{"body":"{\"password\":\"p\\\"w\\\\d$1x\"}"}',
        "<b>p&quot;w\\d$1x</b>",
        "<b>p&#34;w\\d$1x</b>",
    ],
)
def test_a_secret_with_quotes_and_backslashes_is_masked_where_not_all_of_them_are_escaped(shown: str) -> None:
    masked = Redactor(['p"w\\d$1x']).text(shown)
    assert MASK in masked
    assert "$1x" not in masked


@pytest.mark.parametrize("shown", ["Ab&amp;&#39;c", "Ab&amp;&#x27;c", "Ab&amp;&apos;c", "Ab&amp;'c"])
def test_a_secret_is_masked_in_pages(shown: str) -> None:
    assert Redactor(["Ab&'c"]).text(f"<td>{shown}</td>") == f"<td>{MASK}</td>"


def test_a_secret_is_masked_where_ruby_shows_it() -> None:
    assert Redactor(["p#{w}$x"]).text(r'"p\#{w}$x"') == f'"{MASK}"'


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgres://app:hunter%2F22@db/app", "hunter%2F22"),
        ("postgres://app:hunter%2F22@db/app", "hunter%2f22"),
        ("postgres://app:hunter%2F22@db/app", "hunter/22"),
        ("postgres://app:hunt@er22@db/app", "hunt@er22"),
        ("redis://:hunter22@a:1/0,redis://:swordfish@b:1/0", "hunter22 swordfish"),
        ("DATABASE_URL=postgres://app:hunter22@db", 'password="hunter22"'),
    ],
)
def test_the_password_in_an_url_is_a_secret_by_itself(url: str, shown: str) -> None:
    redactor = Redactor([url])
    assert redactor.text(f"<{url}>") == f"<{MASK}>"
    masked = redactor.text(f"as app on db: {shown}")
    assert masked.startswith("as app on db: ")
    assert MASK in masked
    assert not {"hunt", "er22", "swordfish"} & set(re.split(r"[^a-z0-9]", masked))


@pytest.mark.parametrize(
    "url", ["postgres://app@db/pass", "redis://a:123@db", "http://host:8080/@scope", "http://[::1", "a:b@c"]
)
def test_an_url_without_a_password_of_any_length_is_a_secret_only_as_a_whole(url: str) -> None:
    text = "app db pass 123 8080 scope host a:123 [::1"
    assert Redactor([f"{url}/whole"]).text(text) == text


@given(secret=SECRETS, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_a_secret_inside_a_longer_base64_text_is_masked(secret: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = Redactor([secret]).text(encode(before + secret.encode() + after).decode())
        assert MASK in masked
        # At most a few bits of what is next to it can be told.
        around = (len(before) + 2) // 3 * 4 + (len(after) + 2) // 3 * 4
        assert len(masked.replace(MASK, "")) <= around + 4


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("[]", "ids%5B%5D=1"),
        ("{}", "%7B%7D"),
        ('""', r'{"body":"{\"key\":\"\"}"}'),
        ("@a", "me%40acme.com"),
        ("/a", "%2Fabout"),
        ("abc", "YWJjZGVm 616263"),
        ("&&&", "&amp;&amp;&amp;"),
        ("óóó", r"\u00f3\u00f3\u00f3"),
        ("a\u200bb\u200bc", "abc a%E2%80%8Bb%E2%80%8Bc"),
        ("\na\n\nb\n", r"\na\n\nb\n"),
    ],
)
def test_of_a_secret_that_is_too_short_no_shape_is_masked(secret: str, text: str) -> None:
    assert Redactor([secret]).text(text) == text


@given(st.text(max_size=SHORTEST - 1))
def test_a_value_that_is_too_short_has_no_shapes(secret: str) -> None:
    assert forms_of(secret) == set()


@given(st.text(st.characters(), max_size=12))
def test_every_shape_can_be_seen_and_is_long_enough(secret: str) -> None:
    for form in forms_of(secret):
        assert len(form) >= SHORTEST
        assert list(readings(form)) == [form]


INVISIBLE = st.lists(
    st.one_of(
        st.sampled_from("\x00\x08\r\n\x1b\x9d\u00ad\u200b\u200c\u2028\u202e\ufe0f\ufeff\U000e0020"),
        st.sampled_from(("\x1b[1m", "\x1b[0m", "\x1b]0;x\x07", "\x1b(B", "\x9b31m", "\x1b]")),
    ),
    max_size=2,
).map("".join)


@given(
    st.lists(INVISIBLE, min_size=15, max_size=15),
    st.lists(st.sampled_from(["a ", "\x1b[32m", "\x1b]0;", "\x07", "\u200b", "\n", "\x1b"]), max_size=4).map(
        "".join
    ),
    st.lists(st.sampled_from([" b", "\x1b[0m", "\x07", "\x1b\\", "\t"]), max_size=4).map("".join),
)
def test_no_secret_is_seen_whatever_invisible_is_in_and_around_it(
    parts: list[str], before: str, after: str
) -> None:
    secret = "7-seas-and-42m"
    text = before + "".join(part + each for part, each in zip(parts, f"{secret} ", strict=True)) + after
    masked = Redactor([secret]).text(text)
    for shown in (inert(masked), shown_text(masked), *inert_lines(masked)):
        assert secret not in "".join(shown.split()).replace("\u200c", "").replace("\ufe0f", "")
    assert secret not in masked


def test_an_error_is_masked_before_its_breaks_are_lost() -> None:
    error = BackstaffError(
        "sword\rfish-4711",
        where="sword\nfish-4711",
        evidence=["x", "sword\x0bfish-4711"],
        fix="swordfish-4711",
    )
    Redactor(["swordfish-4711"]).error(error)
    assert (error.what, error.where, error.evidence, error.fix) == (MASK, MASK, ("x", MASK), MASK)


def test_a_secret_that_is_not_utf_8_is_masked_as_it_is_written() -> None:
    assert Redactor(["caf\udce9-key"]).text("<caf\udce9-key>") == f"<{MASK}>"
