"""Lists and their filters."""

from backstaff.hosts.protocol import ContainerState
from tests.simulator.grounds import Site, contract


async def found(site: Site, *filters: str, everything: bool = True) -> list[str]:
    words = " ".join(f"--filter '{each}'" for each in filters)
    result = await site.docker(f"ps {'--all' if everything else ''} {words} --format '{{{{.Names}}}}'")
    assert result.status == 0, result.stderr
    return result.stdout.split()


async def three_containers(site: Site) -> str:
    image = await site.image()
    other = await site.image("v2")
    await site.run("app-web-v1", image, "--label role=web --label destination")
    await site.create("app-web-v2", other, "--label role=web --label destination=staging")
    await site.run("app-job-v1", image, "--label role=job", command="true")
    await site.until_state("app-job-v1", "exited")
    return image


@contract
async def test_labels_must_all_match_and_an_empty_one_is_not_a_missing_one(site: Site) -> None:
    await three_containers(site)

    assert await found(site, "label=service=app") == ["app-job-v1", "app-web-v2", "app-web-v1"]
    assert await found(site, "label=service=app", "label=role=web") == ["app-web-v2", "app-web-v1"]
    assert await found(site, "label=role=web", "label=destination=") == ["app-web-v1"]
    assert await found(site, "label=destination") == ["app-web-v2", "app-web-v1"]
    assert await found(site, "label=role=job", "label=destination=") == []


@contract
async def test_of_several_states_one_is_enough(site: Site) -> None:
    await three_containers(site)

    assert await found(site, "status=running") == ["app-web-v1"]
    assert await found(site, "status=running", "status=exited") == ["app-job-v1", "app-web-v1"]
    assert await found(site, "status=created", everything=False) == ["app-web-v2"]
    assert await found(site, everything=False) == ["app-web-v1"]


@contract
async def test_a_name_is_a_pattern_that_may_match_anywhere(site: Site) -> None:
    await three_containers(site)

    assert await found(site, "name=web") == ["app-web-v2", "app-web-v1"]
    assert await found(site, "name=^app-web-v1$") == ["app-web-v1"]
    assert await found(site, "name=web", "name=job") == ["app-job-v1", "app-web-v2", "app-web-v1"]
    assert await found(site, "name=^web") == []


@contract
async def test_an_ancestor_is_an_image_by_name_or_id(site: Site) -> None:
    image = await three_containers(site)
    known = await site.host.docker.image(image)
    assert known is not None

    assert await found(site, f"ancestor={image}") == ["app-job-v1", "app-web-v1"]
    assert await found(site, f"ancestor={known.id}") == ["app-job-v1", "app-web-v1"]
    assert await found(site, f"ancestor={known.id}", "status=running") == ["app-web-v1"]
    assert await found(site, "ancestor=never:was") == []


@contract
async def test_the_list_tells_states_images_and_labels(site: Site) -> None:
    image = await three_containers(site)
    listed = await site.host.docker.containers({"service": "app"})
    none = await site.host.docker.containers({"service": "other"})

    assert [(each.name, each.state) for each in listed] == [
        ("app-job-v1", ContainerState.EXITED),
        ("app-web-v2", ContainerState.CREATED),
        ("app-web-v1", ContainerState.RUNNING),
    ]
    assert [each.image for each in listed if each.name == "app-web-v1"] == [image]
    assert listed[1].labels == {"service": "app", "role": "web", "destination": "staging"}
    assert listed[0].status.startswith("Exited (0) ")
    assert listed[1].status == "Created"
    assert listed[2].status.startswith("Up ")
    assert none == []


@contract
async def test_a_container_whose_image_lost_its_name_shows_the_image_s_id(site: Site) -> None:
    image = await site.image()
    await site.create("one", image)
    before = await site.host.docker.image(image)
    await site.image("v1", "unhealthy")
    listed = await site.host.docker.containers()

    assert before is not None
    assert [each.image_id for each in listed] == [before.id]
    assert [each.image for each in listed] != [image]
