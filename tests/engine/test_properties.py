from datetime import timedelta

from hypothesis import HealthCheck, Phase, assume, given, settings

from tests.engine.checks import check_all
from tests.engine.running import run
from tests.engine.scenes import ENDING_S, Story, longest_s, stories

thorough = settings(
    max_examples=150,
    deadline=timedelta(seconds=10),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@thorough
@given(stories())
def test_every_run_ends_well_whatever_happens_to_its_hosts(story: Story) -> None:
    plan = story.plan()
    assume(plan is not None)
    assert plan is not None
    scene = story.scene
    scene.within_s = longest_s(plan, story.config)
    check_all(run(scene), story)


@thorough
@given(stories(cancelled=True, troubled=False))
def test_every_run_can_be_cancelled_at_any_moment(story: Story) -> None:
    assume(story.plan() is not None)
    assert story.cancel_at is not None
    scene = story.scene
    scene.within_s = story.cancel_at + ENDING_S
    check_all(run(scene), story)


@thorough
@given(stories(cancelled=True))
def test_a_cancelled_run_in_trouble_still_ends_soon(story: Story) -> None:
    assume(story.plan() is not None)
    assert story.cancel_at is not None
    scene = story.scene
    scene.within_s = story.cancel_at + ENDING_S
    check_all(run(scene), story)
