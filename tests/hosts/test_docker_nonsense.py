"""What is said of answers that make no sense, and of connections that end."""

import json

import aiohttp
import pytest
from pydantic import TypeAdapter, ValidationError

from backstaff.hosts import docker_records as records
from backstaff.hosts.docker_nonsense import broken_off, nonsense


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({}, "it has no Id"),
        ({"Id": 1, "Name": "/app", "State": {"Status": "running"}}, "its Id should be a valid string"),
        ({"Id": "a", "Name": "/app", "State": {}}, "it has no State.Status"),
        (
            {"Id": "a", "Name": "/app", "State": {"Status": "running", "ExitCode": 10**30}},
            "its State.ExitCode should be less than 9223372036854775808",
        ),
    ],
)
def test_the_first_thing_that_is_wrong_with_a_record_is_told_by_dockers_name_of_it(
    record: dict[str, object], told: str
) -> None:
    with pytest.raises(ValidationError) as failure:
        records.container(record)

    assert nonsense(failure.value) == told


def test_one_of_a_list_is_told_without_its_place() -> None:
    with pytest.raises(ValidationError) as failure:
        records.container_summaries(b'[{"Id": "a", "State": "running"}, {"Id": "b", "State": "asleep"}]')

    assert nonsense(failure.value).startswith("its State should be 'created', 'running'")


@pytest.mark.parametrize("answer", [b"{}", b"null", b'"text"', b"[[]]"])
def test_what_is_of_another_kind_altogether_is_told_as_that(answer: bytes) -> None:
    with pytest.raises(ValidationError) as failure:
        records.container_summaries(answer)

    assert nonsense(failure.value) == "it is not what was asked for"


def test_what_was_sent_instead_is_not_told() -> None:
    with pytest.raises(ValidationError) as failure:
        records.container({"Id": ["hunter2"], "Name": "/app", "State": {"Status": "running"}})

    assert "hunter2" not in nonsense(failure.value)


@pytest.mark.parametrize("text", ["", "{", "<html>", "[1,"])
def test_what_is_no_json_is_told_as_that(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as failure:
        json.loads(text)
    with pytest.raises(ValidationError) as other:
        TypeAdapter(list[int]).validate_json(text)

    assert nonsense(failure.value) == nonsense(other.value) == "it is no JSON"


def test_a_connection_that_ended_is_told_by_when_it_did() -> None:
    assert broken_off(aiohttp.ServerDisconnectedError()) == "the connection ended before an answer came"
    assert broken_off(aiohttp.ClientPayloadError("x")) == "the connection ended in the middle of an answer"
    assert broken_off(aiohttp.ClientOSError(104, "Connection reset by peer")) == "Connection reset by peer"
    assert broken_off(aiohttp.ClientOSError(None, "Can not write request body")) == (
        "the connection ended before all was asked"
    )
    assert broken_off(EOFError("the stream of events ended")) == "the stream of events ended"
