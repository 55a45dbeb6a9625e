"""The proof that nobody waits for ever, in words."""

from backstaff.config.models import Boot, Config
from backstaff.headless.plan_text import plan_lines, proof_lines
from backstaff.plan.outline import Outline, outline
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.selection import select
from tests.kamal.builders import a_config, a_role


def outlined(config: Config) -> Outline:
    plan = make_plan(config, select(config), "v2", Command.DEPLOY, skip_push=True)
    return outline(config, plan, {})


def test_each_group_says_what_it_opens_and_who_can_open_what_it_waits_at() -> None:
    config = a_config(a_role("job", "h1", "h2"), a_role("web", "h2", "h3"), boot=Boot(limit=1))
    assert proof_lines(outlined(config)) == [
        "group 1: web on h2 opens barrier web once it is healthy",
        "group 1: job on h2 waits at barrier web, which its own group can open",
        "group 2: web on h3 opens barrier web once it is healthy",
        "group 3: job on h1 waits at barrier web, which group 1 and group 2 can open",
        "hosts of web come first, wherever deploy.yml names them",
    ]


def test_one_of_several_is_enough() -> None:
    config = a_config(a_role("web", "h1", "h2"), a_role("job", "h3"))
    first, *_ = proof_lines(outlined(config))
    assert first == "group 1: web on h1 and h2 opens barrier web once the first of them is healthy"


def test_where_nobody_waits_there_is_nothing_to_prove() -> None:
    assert proof_lines(outlined(a_config(a_role("web", "h1", "h2")))) == []


def test_the_plan_shows_its_proof() -> None:
    config = a_config(a_role("web", "h1"), a_role("job", "h2"))
    lines = plan_lines(outlined(config))
    assert "barrier   group 1: web on h1 opens barrier web once it is healthy" in lines
