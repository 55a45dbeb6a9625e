"""Images: pulls, names, removal."""

import pytest

from backstaff.errors import DockerFailed
from backstaff.hosts.protocol import RegistryAuth
from tests.simulator.grounds import Site, contract


async def pull(site: Site, name: str, auth: RegistryAuth | None) -> None:
    async for _ in site.host.docker.pull(name, auth):
        pass


@contract
async def test_a_pull_counts_bytes_up_to_all_of_them(site: Site) -> None:
    name = await site.publish("v1", "healthy", False)
    seen = [progress async for progress in site.host.docker.pull(name, site.auth)]
    again = [progress async for progress in site.host.docker.pull(name, site.auth)]
    image = await site.host.docker.image(name)

    assert seen[-1].current == seen[-1].total > 1_000_000
    assert seen[-1].layers_done == seen[-1].layers == 2
    assert seen[-1].status == f"Status: Downloaded newer image for {name}"
    assert again[-1].status == f"Status: Image is up to date for {name}"
    assert image is not None
    assert (image.tags, image.labels) == ((name,), {"service": "app"})


@contract
async def test_what_was_never_pushed_is_unknown(site: Site) -> None:
    name = await site.publish("v1", "healthy", False)
    never = name.replace(":v1", ":never")
    with pytest.raises(DockerFailed) as failure:
        await pull(site, never, site.auth)

    assert failure.value.status == 404
    assert failure.value.what == f"manifest for {never} not found: manifest unknown: manifest unknown"


@contract
async def test_a_registry_with_a_login_wants_the_right_one(site: Site) -> None:
    name = await site.publish("v1", "healthy", False)
    with pytest.raises(DockerFailed) as without:
        await pull(site, name, None)
    wrong = RegistryAuth(site.auth.server, site.auth.username, "wrong")
    with pytest.raises(DockerFailed) as refused:
        await pull(site, name, wrong)

    assert (without.value.status, refused.value.status) == (500, 500)
    assert without.value.what.endswith(": no basic auth credentials")
    assert "unauthorized" in refused.value.what


@contract
async def test_create_fetches_an_image_that_is_missing_and_fails_without_the_login(site: Site) -> None:
    name = await site.publish("v1", "healthy", False)
    result = await site.docker(f"create --name one {name}")

    lines = result.stderr.splitlines()
    assert result.status == 1
    assert lines[0] == f"Unable to find image '{name}' locally"
    assert lines[1].startswith("Error response from daemon: ")
    assert lines[1].endswith(": no basic auth credentials")


@contract
async def test_a_tag_moves_from_one_image_to_the_other(site: Site) -> None:
    first, second = await site.image("v1"), await site.image("v2")
    repository = first.rpartition(":")[0]
    await site.host.docker.tag(first, repository, "latest")
    await site.host.docker.tag(second, repository, "latest")
    one, two = await site.host.docker.image(first), await site.host.docker.image(second)

    assert one is not None
    assert two is not None
    assert one.tags == (first,)
    assert sorted(two.tags) == sorted([f"{repository}:latest", second])
    with pytest.raises(DockerFailed) as failure:
        await site.host.docker.tag(f"{repository}:none", repository, "other")
    assert (failure.value.status, failure.value.what) == (404, f"No such image: {repository}:none")


@contract
async def test_an_image_stays_as_long_as_a_container_has_it(site: Site) -> None:
    name = await site.image()
    await site.create("one", name)
    with pytest.raises(DockerFailed) as failure:
        await site.host.docker.untag(name)
    await site.host.docker.remove("one")
    await site.host.docker.untag(name)

    assert failure.value.status == 409
    assert "is using its referenced image" in failure.value.what
    assert await site.host.docker.image(name) is None


@contract
async def test_of_several_names_one_can_go_although_a_container_has_the_image(site: Site) -> None:
    name = await site.image()
    repository = name.rpartition(":")[0]
    await site.host.docker.tag(name, repository, "latest")
    await site.create("one", name)
    await site.host.docker.untag(f"{repository}:latest")
    image = await site.host.docker.image(name)

    assert image is not None
    assert image.tags == (name,)


@contract
async def test_pruning_removes_what_has_no_name_and_no_container(site: Site) -> None:
    first, second = await site.image("v1"), await site.image("v2")
    await site.create("keeps-it", first)
    await site.docker(f"tag {second} {first}")
    in_use = await site.host.docker.prune_dangling_images({"service": "app"})
    await site.host.docker.remove("keeps-it")
    elsewhere = await site.host.docker.prune_dangling_images({"service": "other"})
    pruned = await site.host.docker.prune_dangling_images({"service": "app"})
    left = await site.host.docker.images({"service": "app"})

    assert (in_use, elsewhere, pruned) == (0, 0, 1)
    assert [sorted(image.tags) for image in left] == [sorted([first, second])]
