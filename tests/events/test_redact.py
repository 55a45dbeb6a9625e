import base64
import json
import shlex
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backstaff.console.line_text import shown_text
from backstaff.errors import BackstaffError
from backstaff.events.facts import FailureCard, Phase
from backstaff.events.inert import inert, inert_lines
from backstaff.events.redact import MASK, Redactor
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
        "sword\tfish-4711",
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


@pytest.mark.parametrize("text", ["12\t34", "80\n80", "pass\rword"])
def test_words_of_two_columns_or_lines_are_no_short_secret(text: str) -> None:
    assert Redactor(["1234", "8080", "sswo"]).text(text) == text


SECRETS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F), min_size=6, max_size=30)


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
    ],
)
@given(secret=SECRETS)
def test_a_secret_is_masked_however_a_library_writes_it(write: Callable[[str], str], secret: str) -> None:
    masked = Redactor([secret]).text(write(secret))
    rest = masked.replace(MASK, "")
    assert MASK in masked
    assert rest.strip("'\"=") in {"", "key"}


@given(secret=SECRETS, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_a_secret_inside_a_longer_base64_text_is_masked(secret: str, before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = Redactor([secret]).text(encode(before + secret.encode() + after).decode())
        assert MASK in masked
        # At most a few bits of what is next to it can be told.
        around = (len(before) + 2) // 3 * 4 + (len(after) + 2) // 3 * 4
        assert len(masked.replace(MASK, "")) <= around + 4


@pytest.mark.parametrize("secret", ["abc", "12", "x", "é", ""])
def test_of_a_value_that_is_too_short_no_digits_are_masked(secret: str) -> None:
    redactor = Redactor([secret])
    for written in (secret.encode().hex(), secret.encode().hex().upper()):
        assert redactor.text(f"commit {written} of {secret}") == f"commit {written} of {secret}"


INVISIBLE = st.lists(
    st.one_of(
        st.sampled_from("\x00\x08\r\n\t\x1b\x9d\u00ad\u200b\u200c\u2028\u202e\ufe0f\ufeff\U000e0020"),
        st.sampled_from(("\x1b[1m", "\x1b[0m", "\x1b]0;x\x07", "\x1b(B", "\x9b31m", "\x1b]")),
    ),
    max_size=2,
).map("".join)


@given(
    st.lists(INVISIBLE, min_size=10, max_size=10),
    st.lists(st.sampled_from(["a ", "\x1b[32m", "\x1b]0;", "\x07", "\u200b", "\n", "\x1b"]), max_size=4).map(
        "".join
    ),
    st.lists(st.sampled_from([" b", "\x1b[0m", "\x07", "\x1b\\", "\t"]), max_size=4).map("".join),
)
def test_no_secret_is_seen_whatever_invisible_is_in_and_around_it(
    parts: list[str], before: str, after: str
) -> None:
    secret = "7-seas-42"
    text = before + "".join(part + each for part, each in zip(parts, f"{secret} ", strict=True)) + after
    masked = Redactor([secret]).text(text)
    for shown in (inert(masked), shown_text(masked), *inert_lines(masked)):
        assert secret not in "".join(shown.split()).replace("\u200c", "").replace("\ufe0f", "")
    assert secret not in masked


def test_an_error_is_masked_before_its_breaks_are_lost() -> None:
    error = BackstaffError(
        "sword\rfish-4711", where="sword\nfish-4711", evidence=["x", "sword\tfish-4711"], fix="swordfish-4711"
    )
    Redactor(["swordfish-4711"]).error(error)
    assert (error.what, error.where, error.evidence, error.fix) == (MASK, MASK, ("x", MASK), MASK)


def test_a_secret_that_is_not_utf_8_is_masked_as_it_is_written() -> None:
    assert Redactor(["caf\udce9-key"]).text("<caf\udce9-key>") == f"<{MASK}>"
