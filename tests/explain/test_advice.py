import pytest

from backstaff.explain.advice import (
    advice_for_probe,
    exit_hint,
    listening_hint,
    output_hint,
    telling_lines,
)

URL = "http://ef646845cff3:3000/up"


@pytest.mark.parametrize(
    ("result", "telling"),
    [
        ("unexpected status (404)", "proxy.healthcheck.path"),
        ("unexpected status (301)", "force_ssl"),
        ("unexpected status (308)", "force_ssl"),
        ("unexpected status (400)", "host authorization"),
        ("unexpected status (403)", "host authorization"),
        ("unexpected status (401)", "login"),
        ("unexpected status (500)", "see its log"),
        ("unexpected status (503)", "not ready"),
        ("connection refused", "is proxy.app_port (3000) the port that the app listens on"),
        ("request timed out", "proxy.healthcheck.timeout"),
        ("no such host", "the container is gone"),
        ("connection closed without an answer (EOF)", "port 3000"),
    ],
)
def test_each_probe_result_leads_to_a_setting_or_a_place_to_look(result: str, telling: str) -> None:
    assert telling in advice_for_probe(result, URL)


def test_an_unknown_result_gets_no_advice_and_a_url_is_not_needed() -> None:
    assert advice_for_probe("the stars are wrong", URL) == ""
    assert "the health check's path" in advice_for_probe("unexpected status (404)")
    assert "proxy.app_port (80)" in advice_for_probe("connection refused", "http://abc/up")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("listening on 8123", "listens on 8123: set proxy.app_port to 8123"),
        ("* Listening on http://0.0.0.0:8080 (v2)", "set proxy.app_port to 8080"),
        ("Server listening at http://[::]:8080", "set proxy.app_port to 8080"),
        (
            "* Listening on http://127.0.0.1:3000",
            "listens on 127.0.0.1:3000, which only its container reaches",
        ),
        ("listening on localhost:3000", "make that 0.0.0.0"),
    ],
)
def test_an_app_that_says_where_it_listens_shows_what_is_wrong(line: str, hint: str) -> None:
    assert hint in listening_hint(["booting", line, "GET /"], URL)


@pytest.mark.parametrize(
    "line", ["listening on 3000", "listening on 0.0.0.0:3000", "booting 8123", "listening"]
)
def test_an_app_that_listens_where_it_should_or_does_not_say_leads_to_no_advice(line: str) -> None:
    assert listening_hint([line], URL) == ""


@pytest.mark.parametrize(
    ("code", "telling"),
    [
        (0, "foreground"),
        (126, "chmod"),
        (127, "not found"),
        (137, "memory"),
        (139, "SIGSEGV"),
        (143, "SIGTERM"),
    ],
)
def test_exit_codes_are_decoded(code: int, telling: str) -> None:
    assert telling in exit_hint(code)


def test_other_exit_codes_are_signals_or_the_apps_own() -> None:
    assert "signal 6" not in exit_hint(134)
    assert "signal 11" not in exit_hint(3)
    assert "signal 4" in exit_hint(132)
    assert "last lines" in exit_hint(3)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("could not connect to database at db:5432", 'is db:5432 reachable from h2\'s network "kamal"?'),
        ("connect ECONNREFUSED 10.0.0.5:6379", 'is 10.0.0.5:6379 reachable from h2\'s network "kamal"?'),
        (
            'connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused',
            'is db:5432 reachable from h2\'s network "kamal"?',
        ),
        ("dial tcp 10.0.0.5:5432: connect: connection refused", "is 10.0.0.5:5432 reachable"),
        ("getaddrinfo ENOTFOUND redis", "is redis reachable"),
        ('could not translate host name "db" to address', "is db reachable"),
        ("dial tcp: lookup db on 127.0.0.11:53: no such host", "is db reachable"),
        (
            "Error connecting to Redis on localhost:6379 (ECONNREFUSED)",
            "localhost:6379 is the container itself",
        ),
        ("KeyError: 'DATABASE_URL'", "is DATABASE_URL set under env"),
        ('key not found: "SECRET_KEY" (KeyError)', "is SECRET_KEY set under env"),
        ("RAILS_MASTER_KEY is not set", "set RAILS_MASTER_KEY under env"),
        ('FATAL: password authentication failed for user "shop"', "user and password"),
        ('FATAL: database "shop" does not exist', "create the database shop"),
        ("ActiveRecord::PendingMigrationError", "migrations"),
        ("Permission denied @ dir_s_mkdir - /rails/tmp/cache", "/rails/tmp/cache"),
        ("[ActionDispatch::HostAuthorization] Blocked hosts: 10.0.0.1", "Host header"),
    ],
)
def test_common_last_words_point_to_their_cause(line: str, hint: str) -> None:
    assert hint in output_hint(["booting", line], "h2")


@pytest.mark.parametrize(
    "line",
    [
        "listening on 0.0.0.0:3000",
        "GET /up 500 in 3 ms",
        "12:04:31 worker started",
        "could not connect (app/models/db.rb:42)",
        "",
    ],
)
def test_ordinary_lines_lead_to_no_advice(line: str) -> None:
    assert output_hint([line], "h2") == ""


def test_the_latest_known_line_decides() -> None:
    lines = ["could not connect to a:1000", "could not connect to b:2000", "exiting"]
    assert "b:2000" in output_hint(lines)


def test_telling_lines_leave_out_blanks_and_repetitions() -> None:
    assert telling_lines(["a", "", "b", "b", "b", " c "], most=2) == ("b", "c")
    assert telling_lines([]) == ()
