import json

import pytest

from backstaff.explain.proxy_log import (
    ProbeFold,
    ProbeResult,
    TargetState,
    parse_proxy_line,
    short_error,
    short_url,
)

TARGET = "ef646845cff3:80"


def failed(url: str = "http://ef646845cff3:81/up", error: str = "unexpected status (404)") -> str:
    return json.dumps({"time": "x", "level": "INFO", "msg": "Healthcheck failed", "url": url, "error": error})


def test_a_failed_check_of_the_target_is_a_probe_whatever_its_port() -> None:
    assert parse_proxy_line(failed(), TARGET) == ProbeResult(
        "http://ef646845cff3:81/up", "unexpected status (404)"
    )
    assert parse_proxy_line(failed(), "ef646845cff3") is not None


def test_the_targets_change_of_health_is_told() -> None:
    line = {"msg": "Target health updated", "target": TARGET, "state": "healthy", "was": "adding"}
    assert parse_proxy_line(json.dumps(line), TARGET) == TargetState(TARGET, healthy=True)
    line["state"] = "unhealthy"
    assert parse_proxy_line(json.dumps(line), TARGET) == TargetState(TARGET, healthy=False)


@pytest.mark.parametrize(
    "line",
    [
        failed(url="http://aaaaaaaaaaaa:80/up"),
        failed(url=""),
        '{"msg":"Target health updated","target":"aaaaaaaaaaaa:80","state":"healthy"}',
        '{"msg":"Deployed","service":"shop-web","target":"ef646845cff3:80"}',
        '{"msg":"Request","host":"shop.test","path":"/?\\"msg\\":\\"Healthcheck failed\\" ef646845cff3"}',
        '{"msg":["Healthcheck failed"],"url":"http://ef646845cff3/up"}',
        '["msg"]',
        '{"msg": "Healthcheck failed", "url": "http://ef646845cff3',
        "panic: msg",
        "",
    ],
)
def test_everything_else_is_ignored(line: str) -> None:
    assert parse_proxy_line(line, TARGET) is None


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (
            'Get "http://ef64:81/up": dial tcp 172.18.0.4:81: connect: connection refused',
            "connection refused",
        ),
        ("Get http://ef64:81/up: dial tcp 172.18.0.4:81: connect: connection refused", "connection refused"),
        ('Get "http://ef64/up": dial tcp: lookup ef64 on 127.0.0.11:53: no such host', "no such host"),
        ('Get "http://ef64/up": EOF', "connection closed without an answer (EOF)"),
        ('Get "http://ef64/up": context deadline exceeded', "request timed out"),
        ("request timed out", "request timed out"),
        ("unexpected status (500)", "unexpected status (500)"),
        (
            'Get "http://ef64/up": net/http: transport broken: malformed HTTP response "\\x15"',
            'net/http: transport broken: malformed HTTP response "\\x15"',
        ),
        ("", "failed without a reason"),
    ],
)
def test_errors_are_cut_to_what_tells_something(error: str, short: str) -> None:
    assert short_error(error) == short


def test_equal_results_are_counted_and_a_new_one_begins_anew() -> None:
    fold = ProbeFold()
    refused, missing = ProbeResult("u", "connection refused"), ProbeResult("u", "unexpected status (404)")
    counts = [fold.add(each, t).count for t, each in enumerate([refused, refused, missing, refused])]
    assert counts == [1, 2, 1, 1]
    assert fold.last is not None
    assert (fold.last.result, fold.last.last_t) == ("connection refused", 3)


def test_a_url_is_shown_without_the_containers_id() -> None:
    assert short_url("http://ef646845cff3:3000/up") == ":3000/up"
    assert short_url("http://ef646845cff3/up") == "/up"
