"""Host strings are taken apart, and nothing else passes for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backstaff.config.host_address import HostAddress, parse_host


@pytest.mark.parametrize(
    ("text", "user", "host", "port"),
    [
        ("web1", None, "web1", None),
        ("10.0.0.1", None, "10.0.0.1", None),
        ("deploy@web1", "deploy", "web1", None),
        ("web1:2222", None, "web1", 2222),
        ("deploy@web1.example.com:2222", "deploy", "web1.example.com", 2222),
        ("[fd00::1]:2222", None, "fd00::1", 2222),
        ("[fd00::1]", None, "fd00::1", None),
        ("deploy@[fd00::1]:22", "deploy", "fd00::1", 22),
        ("fd00::1", None, "fd00::1", None),
        ("deploy@::1", "deploy", "::1", None),
        ("fe80::1%eth0", None, "fe80::1%eth0", None),
    ],
)
def test_host(text: str, user: str | None, host: str, port: int | None) -> None:
    assert parse_host(text) == HostAddress(user, host, port)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "@h", "h:", "h:0", "h:70000", "h:x", "[fd00::1", "a@b@c", "[]"]
)
def test_not_a_host(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_host(text)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_host_or_refused(text: str) -> None:
    try:
        address = parse_host(text)
    except ValueError:
        return
    assert address.host
    assert address.host in text
