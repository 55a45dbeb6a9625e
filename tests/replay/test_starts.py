"""From a container's start until it is healthy."""

from backstaff.events.facts import FailureCard, Outcome, PairState, WaitKind
from backstaff.events.types import WaitEnded
from backstaff.replay.starts import Start, Starts
from tests.events.builders import Script, a_failed_deploy, a_good_deploy, pair, wait
from tests.recordings import recorded


def starts_of(script: Script) -> list[Start]:
    starts = Starts()
    for event in script.events:
        starts.see(event)
    return starts.found


def ended(number: int, took_s: float, outcome: Outcome = Outcome.DONE) -> WaitEnded:
    return WaitEnded(wait=number, outcome=outcome, took_s=took_s)


def test_behind_the_proxy_it_ends_when_the_container_is_found_healthy_and_not_with_the_draining() -> None:
    script = Script().at(10, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
    script.at(22, pair("h1", "web", PairState.SWITCHING)).at(52, ended(1, 42))
    assert starts_of(script) == [Start("h1", "web", 12)]


def test_without_a_word_about_the_switch_the_end_of_the_proxys_wait_counts() -> None:
    script = Script().at(10, wait(1, WaitKind.PROXY, "h1", "web", "the proxy")).at(15, ended(1, 5))
    assert starts_of(script) == [Start("h1", "web", 5)]


def test_a_healthcheck_is_waited_for_to_its_end() -> None:
    script = Script().at(10, wait(1, WaitKind.HEALTH, "h3", "job", "HEALTHCHECK")).at(19, ended(1, 9))
    assert starts_of(script) == [Start("h3", "job", 9)]


def test_the_readiness_delay_is_granted_on_top_and_does_not_count() -> None:
    script = Script().at(10, wait(1, WaitKind.HEALTH, "h3", "job", "to run"))
    script.at(12, wait(2, WaitKind.READINESS, "h3", "job", "7 s")).at(19, ended(2, 7)).at(19.5, ended(1, 9.5))
    assert starts_of(script) == [Start("h3", "job", 2.5)]


def test_what_never_became_healthy_is_no_start() -> None:
    script = Script().at(10, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
    assert starts_of(script.at(40, ended(1, 30, Outcome.EXPIRED))) == []
    assert starts_of(a_failed_deploy(lambda _: _card())) == []


def test_a_container_that_failed_and_one_that_followed_it_are_told_apart() -> None:
    script = Script().at(10, wait(1, WaitKind.PROXY, "h1", "web", "the proxy"))
    script.at(13, ended(1, 3, Outcome.DOOMED)).at(20, wait(2, WaitKind.PROXY, "h1", "web", "the proxy"))
    script.at(24, pair("h1", "web", PairState.SWITCHING)).at(24, ended(2, 4))
    assert starts_of(script) == [Start("h1", "web", 4)]


def test_every_pair_of_a_good_deploy_has_one() -> None:
    assert [(start.host, start.role) for start in starts_of(a_good_deploy())] == [
        ("h1", "web"),
        ("h2", "web"),
    ]
    starts = Starts()
    for event in recorded("slow-boot"):
        starts.see(event)
    web = [start.seconds for start in starts.found if start.role == "web"]
    job = [start.seconds for start in starts.found if start.role == "job"]
    assert [round(seconds) for seconds in web] == [12, 12]
    assert len(job) == 2
    assert max(job) < 1


def _card() -> FailureCard:
    return FailureCard(title="boot of web on h1", cause="not healthy")
