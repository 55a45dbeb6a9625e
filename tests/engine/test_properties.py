from hypothesis import HealthCheck, Phase, assume, given, settings

from backstaff.errors import ExitCode
from tests.engine.checks import check_all, nothing_done_is_done_again, what_serves_is_never_stopped
from tests.engine.running import run, run_and_resume, run_twice
from tests.engine.scenes import BAD_APPS, ENDING_S, NEXT, Story, longest_s, stories
from tests.fakes.shell import lock_held

thorough = settings(
    max_examples=100,
    deadline=None,
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


@thorough
@given(stories(cancelled=True))
def test_whatever_a_run_leaves_behind_the_next_one_puts_right(story: Story) -> None:
    assume(story.plan() is not None)
    first, again = run_twice(story.scene, story.next_scene)
    assert again.code is ExitCode.DONE, again.card
    assert not lock_held(again.datacentre[again.plan.lock_host])
    for pair in again.plan.pairs:
        up = [each for each in again.datacentre[pair.host].of_role(pair.role) if each.up]
        assert [each.name[-2:] for each in up] == [NEXT], (first.card, up)
    what_serves_is_never_stopped(again, story)


@thorough
@given(stories(cancelled=True))
def test_whatever_a_run_leaves_undone_the_resumed_one_does_and_no_more(story: Story) -> None:
    plan = story.plan()
    assume(plan is not None)
    assert plan is not None
    # What ends after it was proved may do so again at any moment, also while it is looked at.
    assume(not any(story.app(each.host, each.role) in BAD_APPS and not each.proxied for each in plan.pairs))
    first, again = run_and_resume(story.scene, story.mend_all)
    assert again.code is ExitCode.DONE, again.card
    assert all(again.new_works.values()), again.new_works
    nothing_done_is_done_again(first, again)
    what_serves_is_never_stopped(again, story)
