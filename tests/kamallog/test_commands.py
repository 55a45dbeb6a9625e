"""The purpose of every command that Kamal runs in a deploy is known, and what its text tells."""

import pytest

from backstaff.kamallog.commands import Kind, Meaning, meaning_of
from backstaff.kamallog.grammar import Running, records
from backstaff.kamallog.names import Names
from backstaff.kamallog.wrapping import detect, unwrapped
from tests.kamallog.logs import CAPTURES, capture


def _commands(name: str) -> list[str]:
    found = records(unwrapped(capture(name), detect(capture(name))))
    return [record.command for record in found if isinstance(record, Running)]


@pytest.mark.parametrize("name", CAPTURES)
def test_no_command_of_a_capture_is_unknown(name: str) -> None:
    assert [command for command in _commands(name) if meaning_of(command).kind is Kind.OTHER] == []


def test_a_run_tells_the_pair_and_the_version() -> None:
    command = (
        "docker run --detach --restart unless-stopped --name shop-web-staging-v1 --network kamal"
        ' --env KAMAL_VERSION="v1" --label service="shop" --label role="web" --label destination="staging"'
        " registry.example.com/shop:v1"
    )
    assert meaning_of(command) == Meaning(
        Kind.RUN,
        service="shop",
        destination="staging",
        role="web",
        container="shop-web-staging-v1",
        prefix="shop-web-staging",
        version="v1",
        mutates=True,
    )


def test_without_a_destination_its_label_has_no_value() -> None:
    [run] = {meaning_of(c).destination for c in _commands("rollback.log") if meaning_of(c).kind is Kind.RUN}
    assert run == ""


def test_the_list_of_running_versions_tells_what_names_begin_with() -> None:
    [first, *_] = [meaning_of(c) for c in _commands("report-2.6.0.log")]
    assert (first.kind, first.role, first.prefix, first.destination) == (
        Kind.LIST,
        "job",
        "shop-job-production",
        "production",
    )


def test_the_proxy_tells_how_long_it_waits() -> None:
    found = [meaning_of(c) for c in _commands("unhealthy.log")]
    assert {each.limits for each in found if each.kind is Kind.PROXY_DEPLOY} == {(3.0, 1.0)}


@pytest.mark.parametrize("quote", ["", "'"])
def test_a_container_is_found_by_its_name_in_old_and_new_quoting(quote: str) -> None:
    found = f"docker container ls --all --filter {quote}name=^shop-web-v1${quote} --quiet"
    assert meaning_of(found) == Meaning(Kind.FIND, container="shop-web-v1")
    assert meaning_of(f"{found} | xargs docker stop -t 10").kind is Kind.STOP


def test_reading_changes_nothing_and_what_is_not_known_may() -> None:
    assert not meaning_of(
        "docker inspect kamal-proxy --format '{{.Config.Image}}' | awk -F: '{print $NF}'"
    ).mutates
    assert meaning_of("reboot").mutates


def test_names_are_taken_apart_by_the_longest_prefix() -> None:
    names = Names()
    names.learn("shop-web", "web")
    names.learn("shop-web-blue", "web-blue")
    found = names.named("shop-web-blue-v1_replaced_0a74d6813ad5696f")
    assert found is not None
    assert (found.role, found.original, found.replaced) == ("web-blue", "v1", True)
    assert names.named("other-v1") is None
