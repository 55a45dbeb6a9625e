"""Events in their order, health, logs, and programs inside containers."""

from tests.simulator.grounds import Site, contract


@contract
async def test_a_life_is_told_in_its_order(site: Site) -> None:
    image = await site.image(mode="ignore-term")
    async with site.events(image) as events:
        await site.run("one", image)
        await site.host.docker.rename("one", "two")
        await site.host.docker.stop("two", grace_s=1)
        await site.host.docker.remove("two")
        actions = await events.until("two", "destroy")
    died, renamed = events.first("two", "die"), events.first("two", "rename")

    assert events.actions("one") == ["create", "start"]
    assert actions == ["rename", "kill", "kill", "die", "stop", "destroy"]
    assert (died.attributes["exitCode"], died.attributes["service"]) == ("137", "app")
    assert died.attributes["image"] == image
    assert renamed.attributes["oldName"] == "/one"


@contract
async def test_a_program_that_ends_well_at_sigterm_is_not_killed(site: Site) -> None:
    image = await site.image(mode="worker")
    async with site.events(image) as events:
        await site.run("one", image)
        await site.until(lambda: _has_said(site, "one", "tick 1"))
        await site.host.docker.stop("one")
        actions = await events.until("one", "stop")

    assert actions == ["create", "start", "kill", "die", "stop"]
    assert events.first("one", "die").attributes["exitCode"] == "0"


async def _has_said(site: Site, name: str, text: str) -> bool:
    return any(text in line.text for line in await site.log(name))


@contract
async def test_an_end_for_lack_of_memory_is_told_before_the_end(site: Site) -> None:
    image = await site.image(mode="oom")
    async with site.events(image) as events:
        await site.run("one", image, "--memory 32m")
        actions = await events.until("one", "die")

    assert [action for action in actions if action != "oom"] == ["create", "start", "die"]
    assert "oom" in await events.until("one", "oom")


@contract
async def test_restarts_are_told_as_ends_and_starts(site: Site) -> None:
    image = await site.image(mode="crash:0")
    async with site.events(image) as events:
        await site.run("one", image, "--restart always")
        actions = await events.until("one", "die", times=3)
        await site.host.docker.stop("one")

    assert actions[:6] == ["create", "start", "die", "start", "die", "start"]


@contract
async def test_health_goes_from_starting_to_healthy(site: Site) -> None:
    image = await site.image(healthcheck=True)
    async with site.events(image) as events:
        await site.run("one", image)
        before = await site.see("one")
        await events.until("one", "health_status: healthy")
    after = await site.see("one")
    await site.host.docker.stop("one")
    stopped = await site.see("one")

    assert before.health is not None
    assert (before.health.status, before.health.log) == ("starting", ())
    assert after.health is not None
    assert (after.health.status, after.health.failing_streak) == ("healthy", 0)
    assert after.health.log[-1].exit_code == 0
    assert stopped.health is not None
    assert stopped.health.status == "unhealthy"


@contract
async def test_health_gives_up_after_as_many_failures_as_its_retries(site: Site) -> None:
    image = await site.image(mode="unhealthy", healthcheck=True)
    async with site.events(image) as events:
        await site.run("one", image)
        await events.until("one", "health_status: unhealthy")
    seen = await site.see("one")

    assert seen.health is not None
    assert seen.health.status == "unhealthy"
    assert seen.health.failing_streak >= 3
    assert seen.health.log[0].output == "GET /up: unexpected status (500)\n"
    assert [each for each in events.actions("one") if each.startswith("health")] == [
        "health_status: unhealthy"
    ]


@contract
async def test_a_healthcheck_of_the_command_line_overrules_the_image(site: Site) -> None:
    image = await site.image(mode="wrong-port")
    options = "--health-cmd 'app healthcheck' --health-interval 1s --health-retries 1"
    await site.run("one", image, options)

    async def judged() -> bool:
        health = (await site.see("one")).health
        return health is not None and health.status != "starting"

    await site.until(judged)
    seen = await site.see("one")
    assert seen.health is not None
    assert seen.health.status == "unhealthy"
    assert "connection refused" in seen.health.log[-1].output


@contract
async def test_a_program_inside_tells_output_and_exit_code(site: Site) -> None:
    image = await site.image()
    await site.run("one", image, "--env NAME=value")
    told = await site.host.docker.execute("one", ["sh", "-c", "echo out $NAME; echo err >&2; exit 7"])
    missing = await site.host.docker.execute("one", ["no-such-program"])

    assert (told.status, told.stdout, told.stderr) == (7, "out value\n", "err\n")
    assert missing.status == 127 or missing.status == 126
    assert 'exec: "no-such-program": executable file not found in $PATH' in missing.stdout


@contract
async def test_a_followed_log_ends_with_its_container(site: Site) -> None:
    image = await site.image(mode="crash:1")
    await site.run("one", image)
    lines = [line async for line in site.host.docker.logs("one", follow=True)]
    times = [line.at for line in lines]
    last = [line async for line in site.host.docker.logs("one", tail=1)]
    rest = [line async for line in site.host.docker.logs("one", since=times[1])]

    assert [(line.stream, line.text) for line in lines] == [
        ("stdout", "starting version v1 mode crash"),
        ("stderr", "could not connect to database at db:5432"),
    ]
    assert times == sorted(set(times))
    assert last == rest == lines[1:]


@contract
async def test_a_followed_log_ends_at_a_restart_too(site: Site) -> None:
    image = await site.image(mode="crash:1")
    await site.run("one", image, "--restart always")
    lines = [line.text async for line in site.host.docker.logs("one", follow=True)]
    await site.host.docker.stop("one", grace_s=1)

    assert lines == ["starting version v1 mode crash", "could not connect to database at db:5432"]


@contract
async def test_a_container_that_was_stopped_starts_again_with_its_log_and_its_health_anew(site: Site) -> None:
    image = await site.image(healthcheck=True)

    async def said(times: int) -> bool:
        return [line.text for line in await site.log("one")].count("listening on 80") == times

    first = await site.run("one", image)
    # A program that is stopped as soon as it is started may never get to say it once.
    await site.until(lambda: said(1))
    await site.host.docker.stop("one", grace_s=5)
    await site.host.docker.start("one")
    seen = await site.see("one")
    await site.until(lambda: said(2))
    assert (seen.id, seen.restart_count) == (first, 0)
    assert seen.health is not None
    assert (seen.health.status, seen.health.log) == ("starting", ())


@contract
async def test_long_lines_stay_whole(site: Site) -> None:
    image = await site.image()
    writes = "head -c 100000 /dev/zero | tr '\\\\000' x; echo; echo end"
    await site.run("one", image, command=f'sh -c "{writes}"')
    lines = [line async for line in site.host.docker.logs("one", follow=True)]

    assert [len(line.text) for line in lines] == [100_000, 3]
