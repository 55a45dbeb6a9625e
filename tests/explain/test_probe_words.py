import pytest

from backstaff.explain.probe_words import gave_up_after_s


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("20s", 20), ("1m0s", 60), ("1m30s", 90), ("1h0m5s", 3605), ("2.5s", 2.5)],
)
def test_the_time_after_which_the_proxy_gave_up_is_read_as_go_writes_it(span: str, seconds: float) -> None:
    said = f"Error: target failed to become healthy within configured timeout ({span})"
    assert gave_up_after_s(said) == seconds


@pytest.mark.parametrize(
    "said",
    [
        "",
        "host is used by another service",
        "target failed to become healthy within configured timeout ()",
        "target failed to become healthy within configured timeout (soon)",
    ],
)
def test_everything_else_that_it_says_is_left_as_it_is(said: str) -> None:
    assert gave_up_after_s(said) is None
