"""What a login that failed is told as."""

import errno
from dataclasses import replace

import pytest

from backstaff.hosts.ssh_failures import Attempt, explain

ATTEMPT = Attempt("h2", "10.0.0.2", 22, "deploy", deadline_s=15)


def of_asyncio(number: int) -> OSError:
    """A failed connection as asyncio tells it: the address where the system's words were."""
    return OSError(number, "Connect call failed ('10.0.0.2', 22)")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (of_asyncio(errno.ECONNREFUSED), "10.0.0.2 port 22 refuses connections"),
        (of_asyncio(errno.EHOSTUNREACH), "there is no way to 10.0.0.2 port 22 (no route to host)"),
        (of_asyncio(errno.ENETUNREACH), "there is no way to 10.0.0.2 port 22 (network is unreachable)"),
        (of_asyncio(errno.EACCES), "no connection to 10.0.0.2 port 22 could be made (permission denied)"),
        (TimeoutError(), "no answer from port 22 within 15 s: 10.0.0.2 timed out"),
        (OSError("Multiple exceptions: a, b"), "no connection to 10.0.0.2 port 22 could be made (Multiple"),
    ],
)
def test_a_connection_that_fails_is_told_with_host_and_port_in_plain_words(
    error: OSError, words: str
) -> None:
    told = explain(error, ATTEMPT)
    assert told.what.startswith(words)
    assert "Connect call" not in told.what


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("h2", "(ssh.port in deploy.yml)"),
        ("deploy@h2:22", "(it stands behind the host in deploy.yml)"),
    ],
)
def test_the_fix_names_the_place_that_the_port_comes_from(name: str, place: str) -> None:
    told = explain(of_asyncio(errno.ECONNREFUSED), replace(ATTEMPT, name=name))
    assert place in told.fix
