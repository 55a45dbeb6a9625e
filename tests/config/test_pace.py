"""Times, group sizes and repeated hosts: nonsense is refused, oddities are warned about where they stand."""

from pathlib import Path

import pytest

from tests.config.builders import MINIMAL, errors, load

UNPROXIED = MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], proxy: false}}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            MINIMAL + "deploy_timeout: 0\n",
            "6:17: deploy_timeout: leaves no time for a health check, so role web could never be deployed",
        ),
        (MINIMAL + "deploy_timeout: -1\n", "6:17: deploy_timeout: should be zero or more seconds"),
        (MINIMAL + "drain_timeout: -1\n", "6:16: drain_timeout: should be zero or more seconds"),
        (MINIMAL + "boot: {wait: -1}\n", "6:14: boot/wait: should be zero or more seconds"),
        (MINIMAL + "boot: {limit: 0}\n", "6:15: boot/limit: should be at least 1"),
        (MINIMAL + "boot: {limit: -2}\n", "6:15: boot/limit: should be at least 1"),
        (
            MINIMAL + "proxy: {healthcheck: {interval: 0}}\n",
            "6:33: proxy/healthcheck/interval: should be at least 1 second",
        ),
        (
            MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a], proxy: {healthcheck: {timeout: 0}}}}"),
            "3:60: servers/web/proxy/healthcheck/timeout: should be at least 1 second",
        ),
    ],
)
def test_what_can_never_work_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    assert errors(tmp_path, text) == [f"deploy.yml:{expected}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            MINIMAL + "boot: {limit: 0%}\n",
            "6:15: boot/limit: is no host at all; one host at a time will boot",
        ),
        (
            MINIMAL + "boot: {limit: 200%}\n",
            "6:15: boot/limit: is more than all hosts; they will boot in one group",
        ),
        (
            UNPROXIED + "deploy_timeout: 0\n",
            "6:17: deploy_timeout: leaves time for one look only: a container must run as soon as it starts",
        ),
        (
            MINIMAL.replace("[1.1.1.1]", "[a, b, a: canary]"),
            "3:17: servers/2: a is already in role web; it counts once, with the tags given here",
        ),
        (
            MINIMAL.replace("[1.1.1.1]", "{web: {hosts: [a, a]}}"),
            "3:28: servers/web/hosts/1: a is already in role web; it counts once, with the tags given here",
        ),
    ],
)
def test_what_works_otherwise_than_it_reads_is_warned_about(tmp_path: Path, text: str, expected: str) -> None:
    assert [str(each) for each in load(tmp_path, text).warnings] == [f"{tmp_path}/deploy.yml:{expected}"]


@pytest.mark.parametrize(
    "more",
    ["boot: {limit: 100%}", "boot: {limit: 99}", "drain_timeout: 0", "readiness_delay: 0", "boot: {wait: 0}"],
)
def test_what_makes_sense_is_not_warned_about(tmp_path: Path, more: str) -> None:
    assert load(tmp_path, f"{MINIMAL}{more}\n").warnings == ()


def test_the_last_tags_of_a_repeated_host_count(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL.replace("[1.1.1.1]", "[a: old, b, a: new]"))
    assert dict(config.role("web").host_tags) == {"a": ("new",), "b": ()}
