"""Two runs side by side, as a person reads it."""

from backstaff.headless.compare_text import MOST_HOSTS, compare_lines
from backstaff.replay.breakdown import Breakdown, breakdown
from backstaff.replay.compare import compare
from tests.headless.test_breakdown_text import many_hosts
from tests.recordings import recorded


def lines_of(before: Breakdown, after: Breakdown) -> list[str]:
    return [str(line) for line in compare_lines(compare(before, after))]


def test_what_grew_is_marked_by_a_sign_and_a_word() -> None:
    lines = lines_of(breakdown(recorded("healthy")), breakdown(recorded("slow-boot")))
    (boot,) = [line for line in lines if line.startswith("  boot ")]
    (pull,) = [line for line in lines if line.startswith("  pull ")]
    assert boot.endswith("▲ grew")
    assert "grew" not in pull
    assert lines[-1] == "▲ grew: took more than 25%, and 1 s at least, longer in B"


def test_both_runs_are_named_with_what_they_were() -> None:
    lines = lines_of(breakdown(recorded("healthy")), breakdown(recorded("unhealthy")))
    assert lines[0].startswith("A  20")
    assert lines[0].endswith("deploy of shop v2: done")
    assert lines[1].endswith("deploy of shop v2: failed")
    assert "   B was not carried out to its end: failed" in lines


def test_of_many_hosts_those_that_grew_most_are_shown() -> None:
    lines = lines_of(breakdown(many_hosts(slow=10).events), breakdown(many_hosts(slow=150).events))
    hosts = lines[lines.index("hosts, worked or waited") + 1 :]
    assert hosts[0].startswith("  h150")
    assert hosts[0].endswith("▲ grew")
    assert hosts[MOST_HOSTS] == "  and 190 more, median 11 s and 11 s; none of them grew"


def test_a_run_beside_itself_has_nothing_to_tell() -> None:
    told = breakdown(recorded("healthy"))
    lines = lines_of(told, told)
    assert lines[-1] == "nothing took more than 25%, and 1 s at least, longer in B"
    assert not any("grew" in line for line in lines)


def test_names_from_outside_are_inert() -> None:
    told = breakdown(many_hosts(1).events)
    (host,) = told.hosts
    evil = compare(told, told)
    lines = map(str, compare_lines(evil))
    assert host.host == "h1"
    assert all(line.isprintable() for line in lines)
