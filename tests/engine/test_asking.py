import pytest

from backstaff.config.models import BackstaffSettings, Config, UnknownHosts
from backstaff.engine.asking import ANSWER_WITHIN_S
from backstaff.engine.questions import HostKeyQuestion, KeyPurpose
from backstaff.errors import ExitCode
from backstaff.events.facts import HostState, Outcome, WaitKind
from backstaff.events.types import HostChanged, WaitEnded, WaitExplained, WaitStarted
from tests.engine.running import SHORT, Ran, Scene, run, short_config
from tests.fakes.faults import Connecting
from tests.fakes.hosts import Datacentre
from tests.fakes.operator import KNOWN_HOSTS, FakeOperator

KEY, OTHER_KEY = "SHA256:aaaa", "SHA256:bbbb"


def asked(operator: FakeOperator, *, config: Config | None = None, **keys: str) -> Ran:
    return run(Scene(config=config or short_config(), operator=operator, unknown_keys=keys))


def questions(ran: Ran) -> list[WaitStarted]:
    return [each for each in ran.of(WaitStarted) if each.what is WaitKind.ANSWER]


def outcomes(ran: Ran) -> list[Outcome]:
    numbers = {each.wait for each in questions(ran)}
    return [each.outcome for each in ran.of(WaitEnded) if each.wait in numbers]


def untouched(ran: Ran) -> bool:
    return not any(server.history for server in ran.datacentre.servers.values())


def test_a_key_that_the_operator_accepts_lets_the_run_go_on() -> None:
    operator = FakeOperator(trusted=frozenset({"h2"}))
    ran = asked(operator, h2=KEY)
    assert ran.code is ExitCode.DONE
    assert operator.hosts == ["h2"]
    (question,) = questions(ran)
    assert (question.host, question.owner, question.limit_s) == ("h2", "the operator", ANSWER_WITHIN_S)
    assert KEY in question.cause
    assert outcomes(ran) == [Outcome.DONE]


def test_a_key_that_the_operator_refuses_ends_the_run_before_anything_is_changed() -> None:
    ran = asked(FakeOperator(), h2=KEY)
    assert ran.code is ExitCode.UNREACHABLE
    assert ran.board.hosts["h2"].state is HostState.UNREACHABLE
    assert untouched(ran)


def test_a_question_tells_where_an_accepted_key_goes_and_what_it_is_for() -> None:
    operator = FakeOperator()
    ran = asked(operator, h2=KEY)
    assert operator.asked == [HostKeyQuestion("h2", KEY, KNOWN_HOSTS, KeyPurpose.RUN)]
    assert ran.code is ExitCode.UNREACHABLE


def test_a_question_that_nobody_answers_ends_at_its_limit_as_a_refusal() -> None:
    operator = FakeOperator(trusted=frozenset({"h2"}), takes_s=ANSWER_WITHIN_S + 100)
    ran = asked(operator, h2=KEY)
    assert ran.code is ExitCode.UNREACHABLE
    assert f"{KEY} is unknown, and nobody said within 5 min" in ran.card.cause
    assert outcomes(ran) == [Outcome.EXPIRED]
    assert operator.cancelled == 1
    assert untouched(ran)


def test_hosts_that_ask_at_once_are_asked_about_one_after_the_other() -> None:
    operator = FakeOperator(trusted=frozenset({"h1", "h2", "h3"}), takes_s=200)
    ran = asked(operator, h1=KEY, h2=OTHER_KEY, h3=KEY)
    assert ran.code is ExitCode.DONE
    assert sorted(operator.hosts) == ["h1", "h2", "h3"]
    assert operator.most_at_once == 1


def test_the_time_of_asking_is_not_the_time_of_connecting() -> None:
    operator = FakeOperator(trusted=frozenset({"h2"}), takes_s=SHORT.connect * 50)
    assert asked(operator, h2=KEY).code is ExitCode.DONE


def test_a_host_that_is_silent_has_its_whole_time_beside_that_of_asking_and_no_more() -> None:
    def set_scene(datacentre: Datacentre) -> None:
        datacentre["h1"].connecting = Connecting.SILENT

    operator = FakeOperator(trusted=frozenset({"h2"}), takes_s=100)
    ran = run(Scene(set=set_scene, operator=operator, unknown_keys={"h2": KEY}))
    assert ran.code is ExitCode.UNREACHABLE
    (given_up,) = ran.at(HostChanged, lambda body: getattr(body, "state", "") is HostState.UNREACHABLE)
    assert given_up == pytest.approx(100 + SHORT.connect * 4, abs=1)
    advice = [each.why.advice for each in ran.of(WaitExplained) if "connect to h1" in each.why.sentence]
    assert "its time stands still while the operator is asked something" in advice
    assert "given up when the time is over" in advice[-1]


def test_a_run_that_is_cancelled_while_asking_ends_and_takes_its_question_back() -> None:
    operator = FakeOperator(takes_s=100)
    ran = run(Scene(operator=operator, unknown_keys={"h1": KEY, "h2": KEY}, cancel_at=5))
    assert ran.code is ExitCode.INTERRUPTED
    assert len(operator.asked) == operator.cancelled == 1
    assert ran.left_running == []


@pytest.mark.parametrize(
    ("policy", "code"),
    [(UnknownHosts.ACCEPT_NEW, ExitCode.DONE), (UnknownHosts.REFUSE, ExitCode.UNREACHABLE)],
)
def test_the_configuration_answers_for_an_operator_who_left(policy: UnknownHosts, code: ExitCode) -> None:
    config = short_config(backstaff=BackstaffSettings(timeouts=SHORT, unknown_hosts=policy))
    assert asked(FakeOperator(gone=True), config=config, h2=KEY).code is code


def test_without_an_operator_nobody_is_asked() -> None:
    ran = run(Scene(unknown_keys={"h2": KEY}))
    assert ran.code is ExitCode.DONE
    assert questions(ran) == []


def test_an_answer_that_is_waited_for_is_explained() -> None:
    ran = asked(FakeOperator(trusted=frozenset({"h2"}), takes_s=30), h2=KEY)
    told = [each.why for each in ran.of(WaitExplained) if KEY in each.why.sentence]
    assert told[0].sentence == f"h2 waits for an answer: is {KEY} the key of h2?"
    assert told[0].advice == "refused when the time is over"
