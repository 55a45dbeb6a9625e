"""known_hosts: which lines count for a host, and how a key is added."""

import base64
import hmac
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backstaff.hosts.known_hosts import HostKey, known_name, look_up, remember

KEY = HostKey("ssh-ed25519", b"one")
OTHER = HostKey("ssh-ed25519", b"two")
RSA = HostKey("ssh-rsa", b"three")


def a_file(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "known_hosts"
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    "pattern",
    ["host.example", "a,host.example,b", "*.example", "HOST.example", "host.exampl?", hashed("host.example")],
)
def test_a_line_names_a_host_in_many_ways(tmp_path: Path, pattern: str) -> None:
    known = look_up([a_file(tmp_path, f"{pattern} {KEY.text} a comment")], "Host.Example", 22)

    assert known.trusts(KEY)
    assert known.conflict(KEY) is None


@pytest.mark.parametrize(
    "pattern", ["other.example", "*.example,!host.example", "[host.example]:22", "|1|rubbish", "host"]
)
def test_other_lines_do_not_count(tmp_path: Path, pattern: str) -> None:
    known = look_up([a_file(tmp_path, f"{pattern} {KEY.text}")], "host.example", 22)

    assert not known.trusts(KEY)


def test_lines_that_make_no_sense_are_skipped(tmp_path: Path) -> None:
    file = a_file(
        tmp_path, "", "# comment", "host", "host ssh-rsa ???", "@odd host ssh-rsa AAAA", f"host {KEY.text}"
    )

    assert [known.line for known in look_up([file, tmp_path / "none"], "host", 22).keys] == [6]


def test_another_key_of_a_known_host_conflicts_with_the_line_of_its_type(tmp_path: Path) -> None:
    file = a_file(tmp_path, f"host {RSA.text}", f"host {KEY.text}")

    conflict = look_up([file], "host", 22).conflict(OTHER)

    assert conflict is not None
    assert (conflict.key, conflict.place) == (KEY, f"{file}:2")


def test_a_port_has_lines_of_its_own_and_trusts_those_of_port_22(tmp_path: Path) -> None:
    with_port = look_up([a_file(tmp_path, f"host {KEY.text}", f"[host]:2222 {OTHER.text}")], "host", 2222)
    without = look_up([a_file(tmp_path, f"host {KEY.text}")], "host", 2222)

    assert (with_port.trusts(OTHER), with_port.trusts(KEY)) == (True, False)
    assert without.trusts(KEY)
    assert without.conflict(OTHER) is None


def test_markers_tell_authorities_and_revoked_keys_apart(tmp_path: Path) -> None:
    known = look_up(
        [a_file(tmp_path, f"@cert-authority * {KEY.text}", f"@revoked * {OTHER.text}")], "host", 22
    )

    assert [line.key for line in known.authorities] == [KEY]
    assert [line.key for line in known.revoked] == [OTHER]
    assert not known.trusts(KEY)


def test_a_key_is_added_once_and_on_a_line_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"other {OTHER.text}")

    for _ in range(2):
        remember(file, "Host", 2222, KEY)

    assert file.read_text() == f"other {OTHER.text}\n[host]:2222 {KEY.text}\n"


def test_a_new_file_is_private(tmp_path: Path) -> None:
    file = tmp_path / "ssh" / "known_hosts"

    remember(file, "host", 22, KEY)

    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_keys_added_at_once_all_arrive(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    with ThreadPoolExecutor(8) as pool:
        for number in range(50):
            pool.submit(remember, file, f"host{number}", 22, HostKey("ssh-rsa", bytes([number]) * 500))

    assert all(look_up([file], f"host{number}", 22).keys for number in range(50))


def test_what_is_not_a_regular_file_is_left_alone() -> None:
    remember(Path("/dev/null"), "host", 22, KEY)


def test_fingerprints_are_those_of_ssh_keygen() -> None:
    # printf %s one | openssl dgst -sha256 -binary | base64
    assert KEY.fingerprint == "SHA256:dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0"


def test_names_have_their_port_unless_it_is_22() -> None:
    assert [known_name("Host", 22), known_name("::1", 2222)] == ["host", "[::1]:2222"]
