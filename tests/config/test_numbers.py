"""Numbers: each has bounds, and what is beyond them is told with the bound and its place."""

from pathlib import Path

import pytest

from backstaff.config.models.boot import Percent
from tests.config.builders import MINIMAL, errors, load

A_YEAR = "should be at most 31536000 seconds, which is a year"
ENDLESS = "9" * 400
LONGEST_NAME = 30


def named(value: object) -> str:
    """A test's name for what would be too long for one."""
    return str(value)[:LONGEST_NAME]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"deploy_timeout: {ENDLESS}", f"6:17: deploy_timeout: {A_YEAR}"),
        ("drain_timeout: 31536001", f"6:16: drain_timeout: {A_YEAR}"),
        ("readiness_delay: 1_000_000_000", f"6:18: readiness_delay: {A_YEAR}"),
        ("stop_timeout: 0xffffffff", f"6:15: stop_timeout: {A_YEAR}"),
        ("boot: {wait: 99999:59:59}", f"6:14: boot/wait: {A_YEAR}"),
        (f"boot: {{limit: {ENDLESS}}}", "6:15: boot/limit: should be at most 1000000"),
        ("boot: {limit: '1000001'}", "6:15: boot/limit: should be at most 1000000"),
        ("boot: {limit: 1000001%}", "6:15: boot/limit: should be at most 1000000"),
        (f"boot: {{limit: {'9' * 5000}%}}", "6:15: boot/limit: should be a number of at most 18 digits"),
        ("retain_containers: 1000001", "6:20: retain_containers: should be at most 1000000"),
        ("sshkit: {dns_retries: 1000001}", "6:23: sshkit/dns_retries: should be at most 1000000"),
        ("ssh: {port: 65536}", "6:13: ssh/port: should be a port from 1 to 65535"),
        (f"ssh: {{port: '{'9' * 5000}'}}", "6:13: ssh/port: should be a number of at most 18 digits"),
        (f"proxy: {{app_port: {ENDLESS}}}", "6:19: proxy/app_port: should be a port from 1 to 65535"),
        ("proxy: {response_timeout: 31536001}", f"6:27: proxy/response_timeout: {A_YEAR}"),
        (f"proxy: {{healthcheck: {{interval: {ENDLESS}}}}}", f"6:33: proxy/healthcheck/interval: {A_YEAR}"),
        (
            "proxy: {buffering: {memory: 9223372036854775808}}",
            "6:29: proxy/buffering/memory: should be at most 9223372036854775807 bytes",
        ),
        (
            f"x-backstaff: {{timeouts: {{connect: {ENDLESS}}}}}",
            f"6:35: x-backstaff/timeouts/connect: {A_YEAR}",
        ),
        ("x-backstaff: {timeouts: {secret: .inf}}", f"6:34: x-backstaff/timeouts/secret: {A_YEAR}"),
        (
            "x-backstaff: {timeouts: {hook: .nan}}",
            "6:32: x-backstaff/timeouts/hook: should be a number of seconds, not NaN",
        ),
        ("drain_timeout: .inf", "6:16: drain_timeout: should be a whole number, not Infinity"),
        ("drain_timeout: .nan", "6:16: drain_timeout: should be a whole number, not NaN"),
        (f"minimum_version: '{'9' * 5000}'", "6:18: minimum_version: is not a version number"),
    ],
    ids=named,
)
def test_a_number_beyond_all_sense_is_told_with_the_bound(tmp_path: Path, line: str, told: str) -> None:
    assert errors(tmp_path, MINIMAL + line + "\n") == [f"deploy.yml:{told}"]


@pytest.mark.parametrize("digits", ["0", "65536", "9" * 5000], ids=["none", "one too high", "endless"])
def test_a_local_registry_has_a_port_that_there_can_be(tmp_path: Path, digits: str) -> None:
    text = MINIMAL.replace("{username: me, password: [PW]}", f"{{server: 'localhost:{digits}'}}")
    assert errors(tmp_path, text) == ["deploy.yml:4:20: registry/server: has a port outside 1 to 65535"]


@pytest.mark.parametrize(
    "number",
    [f"0x{'f' * 5000}", "9" * 5000, f"0{'7' * 5000}", f"{'9' * 5000}:22", f"-{'9' * 5000}"],
    ids=named,
)
@pytest.mark.parametrize(
    ("before", "after", "column"),
    [
        ("retain_containers: ", "", 20),
        ("env: {clear: {A: ", "}}", 18),
        ("labels: {? ", " : 1}", 12),
        ("? ", "\n: 1", 3),
    ],
)
def test_a_number_with_more_digits_than_python_reads_has_its_place_wherever_it_stands(
    tmp_path: Path, number: str, before: str, after: str, column: int
) -> None:
    told = "a number has more than 1000 digits; quote it to have it as a text"
    assert errors(tmp_path, f"{MINIMAL}{before}{number}{after}\n") == [f"deploy.yml:6:{column}: {told}"]


def test_such_a_number_in_quotes_is_a_text(tmp_path: Path) -> None:
    config = load(tmp_path, f"{MINIMAL}env: {{A: '{'9' * 5000}'}}\n")
    assert config.env.clear["A"] == "9" * 5000


def test_the_bounds_themselves_are_allowed(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        MINIMAL
        + "deploy_timeout: 31536000\nretain_containers: 1000000\nboot: {limit: 100%}\n"
        + "x-backstaff: {timeouts: {connect: 31536000.0}}\n",
    )
    assert config.deploy_timeout == config.backstaff.timeouts.connect == 31_536_000
    assert config.retain_containers == 1_000_000
    assert config.boot.limit == Percent(100)
