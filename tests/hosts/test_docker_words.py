"""What is said of refusals, Docker's own and others."""

import pytest

from backstaff.hosts.docker_words import in_words, is_missing


def test_dockers_own_words_stay_as_they_are() -> None:
    assert in_words("No such container: app", 404) == "No such container: app"


@pytest.mark.parametrize("message", ["", " \n"])
def test_a_refusal_without_words_is_told_with_its_number(message: str) -> None:
    assert in_words(message, 500) == "Docker answered with HTTP 500 and gave no reason"


@pytest.mark.parametrize("message", ["page not found", "404 page not found\n"])
def test_an_unknown_address_is_told_as_that(message: str) -> None:
    assert in_words(message, 404).startswith("what answers on Docker's socket does not know this request")


@pytest.mark.parametrize(
    ("message", "status", "missing"),
    [
        ("No such container: app", 404, True),
        ("No such image: app:v1", 404, True),
        ("network app not found", 404, True),
        ("No such container: app", 500, False),
        ("page not found", 404, False),
        ("404 page not found\n", 404, False),
        ("<html>404 Not Found</html>", 404, False),
        ("", 404, False),
    ],
)
def test_only_docker_itself_can_tell_that_something_is_not_there(
    message: str, status: int, *, missing: bool
) -> None:
    assert is_missing(message, status) is missing
