"""Starting a container, and what it means when Docker refuses."""

from backstaff.engine.guarded import GuardedHost
from backstaff.errors import DockerFailed, Doomed
from backstaff.explain.docker_errors import start_doom


async def start_container(host: GuardedHost, container: str) -> None:
    """Start it, or do nothing if it runs. Raises `Doomed` for what will be so at every try."""
    try:
        await host.docker.start(container)
    except DockerFailed as error:
        doom = start_doom(error.what)
        if doom is None:
            raise
        raise Doomed(doom.reason, where=host.name, evidence=[error.what], fix=doom.advice) from error
