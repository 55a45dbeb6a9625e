import base64
import json

import pytest

from backstaff.events.facts import FailureCard, Phase
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
