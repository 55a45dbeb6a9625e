"""Several hosts that can not be used: each one's cause, and what to do about each."""

import pytest

from backstaff.engine.several_hosts import MOST_CAUSES, causes, fixes
from backstaff.errors import BackstaffError, DockerUnavailable, HostKeyRefused, HostUnreachable, LoginRefused


def changed_key(host: str, known: str = "") -> HostKeyRefused:
    return HostKeyRefused(
        f"its host key has changed: it shows ssh-ed25519 SHA256:of-{host}",
        where=host,
        fix=f"remove the old key with `ssh-keygen -R '{known or host}' -f known_hosts` and try again",
    )


def without_docker(host: str) -> DockerUnavailable:
    return DockerUnavailable("Docker is not installed", where=host, fix="install it there with `get docker`")


def refused(host: str) -> HostUnreachable:
    return HostUnreachable(f"{host} port 22 refuses connections", where=host, fix="check that sshd runs")


def by_host(*errors: BackstaffError) -> dict[str, BackstaffError]:
    return {error.where: error for error in errors}


def test_each_host_has_its_own_cause_and_its_own_way_out() -> None:
    failures = by_host(changed_key("h1"), without_docker("h2"), refused("h3"))
    assert causes(failures) == (
        "h1: its host key has changed: it shows ssh-ed25519 SHA256:of-h1",
        "h2: Docker is not installed",
        "h3: h3 port 22 refuses connections",
    )
    assert fixes(failures).split("\n") == [
        "h1: remove the old key with `ssh-keygen -R 'h1' -f known_hosts` and try again",
        "h2: install it there with `get docker`",
        "h3: check that sshd runs",
    ]


def test_hosts_with_the_same_trouble_stand_together() -> None:
    failures = by_host(without_docker("h1"), refused("h2"), without_docker("h3"), refused("h4"))
    assert causes(failures) == (
        "h1 and h3: Docker is not installed",
        "h2: h2 port 22 refuses connections; likewise on h4",
    )
    assert fixes(failures).split("\n") == [
        "h1 and h3: install it there with `get docker`",
        "h2 and h4: check that sshd runs",
    ]


def test_a_way_out_for_all_of_them_needs_no_names() -> None:
    assert fixes(by_host(without_docker("h1"), without_docker("h2"))) == "install it there with `get docker`"
    assert fixes(by_host(BackstaffError("odd", where="h1"), BackstaffError("odder", where="h2"))) == ""


def test_a_way_out_for_some_names_them_though_nothing_is_known_for_the_others() -> None:
    failures = by_host(without_docker("h1"), BackstaffError("odd", where="h2"))
    assert fixes(failures) == "h1: install it there with `get docker`"


def test_the_proof_stands_with_the_cause() -> None:
    refusal = LoginRefused("it does not let root log in", where="h1", evidence=["tried a", "tried b"])
    assert causes(by_host(refusal, without_docker("h2")))[0] == (
        "h1: it does not let root log in; tried a; tried b"
    )


@pytest.mark.parametrize(
    ("first", "second", "address", "known", "other"),
    [
        ("h1", "h2", "h1", "h1", "h2"),
        ("10.0.0.1", "10.0.0.11", "10.0.0.1", "10.0.0.1", "10.0.0.11"),
        ("deploy@h1:2222", "deploy@h2:2222", "h1", "[h1]:2222", "[h2]:2222"),
        ("[fd00::1]:2222", "[fd00::2]:2222", "fd00::1", "[fd00::1]:2222", "[fd00::2]:2222"),
        ("fd00::1", "fd00::2", "fd00::1", "fd00::1", "fd00::2"),
        ("H1.example.com", "H2.example.com", "H1.example.com", "h1.example.com", "h2.example.com"),
    ],
)
def test_a_command_that_differs_only_by_the_host_is_told_once_and_whole(
    first: str, second: str, address: str, known: str, other: str
) -> None:
    told = fixes(by_host(changed_key(first, known), changed_key(second, other)))
    assert told.split("\n") == [
        f"{first}: remove the old key with `ssh-keygen -R '{known}' -f known_hosts` and try again",
        f"{second}: the same, with its own name in place of {address}",
    ]


def test_a_host_whose_name_is_part_of_another_word_is_not_taken_for_it() -> None:
    failures = by_host(
        HostUnreachable("off", where="h1", fix="look at h1.lan"),
        HostUnreachable("off", where="h2", fix="look at h2.lan"),
    )
    assert fixes(failures).split("\n") == ["h1: look at h1.lan", "h2: look at h2.lan"]


def test_twenty_hosts_do_not_flood_the_card() -> None:
    names = [f"h{number}" for number in range(1, 21)]
    failures = by_host(*map(changed_key, names[:18]), refused("h19"), without_docker("h20"))
    first = "h1: its host key has changed: it shows ssh-ed25519 SHA256:of-h1"
    assert causes(failures) == (
        f"{first}; likewise on {', '.join(names[1:17])} and h18",
        "h19: h19 port 22 refuses connections",
        "h20: Docker is not installed",
    )
    assert fixes(failures).split("\n") == [
        "h1: remove the old key with `ssh-keygen -R 'h1' -f known_hosts` and try again",
        "h2, h3, h4, h5, h6, h7, h8 and 10 more: the same, with their own names in place of h1",
        "h19: check that sshd runs",
        "h20: install it there with `get docker`",
    ]


def test_twenty_different_ways_out_are_told_a_few_at_a_time() -> None:
    failures = by_host(
        *(
            HostUnreachable(f"cause {number}", where=f"h{number}", fix=f"way {number}")
            for number in range(1, 21)
        )
    )
    *first, last = fixes(failures).split("\n")
    assert first == [f"h{number}: way {number}" for number in range(1, 9)]
    assert last == (
        "h9, h10, h11, h12, h13, h14, h15 and 5 more: something else for each; "
        "the next try tells it once these are done"
    )
    told = causes(failures)
    assert len(told) == MOST_CAUSES
    assert told[0] == "h1: cause 1"
    assert told[-1] == ("h12, h13, h14, h15, h16, h17, h18, h19 and h20: other causes")
