"""Pulls an image, with credentials that travel in the request's header only."""

import base64
import json
from collections.abc import AsyncGenerator

import aiodocker

from backstaff.hosts.docker_follow import json_lines
from backstaff.hosts.docker_http import DockerHttp
from backstaff.hosts.protocol import PullProgress, RegistryAuth
from backstaff.hosts.pull_progress import PullMessage, PullTracker


async def pull_image(
    http: DockerHttp, name: str, auth: RegistryAuth | None
) -> AsyncGenerator[PullProgress, None]:
    """Pull, and tell where it stands with every message of the engine.

    Raises aiodocker.DockerError with the registry's words, status 0 where the pull had begun, and ValueError
    where nothing is told of it.
    """
    tracker = PullTracker()
    told = False
    params = {"fromImage": name if _has_version(name) else f"{name}:latest"}
    headers = {"X-Registry-Auth": auth_header(auth)} if auth else None
    async with http.stream("POST", "images/create", params=params, headers=headers) as response:
        async for line in json_lines(response.content.iter_any()):
            message = PullMessage.model_validate_json(line)
            if message.failure:
                raise aiodocker.DockerError(0, message.failure)
            told = told or bool(message.status)
            yield tracker.update(message)
    if not told:
        raise ValueError("it ends without a word")


def auth_header(auth: RegistryAuth) -> str:
    """Credentials in the form that the engine expects."""
    credentials = {"username": auth.username, "password": auth.password, "serveraddress": auth.server}
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode()


def _has_version(name: str) -> bool:
    last = name.rpartition("/")[2]
    return ":" in last or "@" in last
