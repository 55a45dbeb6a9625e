"""The few calls of the Docker Engine API that the lab makes itself, over a unix socket."""

import base64
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from tests.lab.errors import LabError


class _UnixConnection(HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path
        self._timeout_s = timeout_s

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(str(self._path))


@dataclass(frozen=True)
class Engine:
    """A Docker daemon behind its unix socket."""

    socket_path: Path

    def call(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60.0,
    ) -> object:
        """Make a call and return what its JSON answer holds; raises LabError for a status of 400 and above.

        Removing what is gone already (404) or on its way out (409) is no error: it returns None.
        """
        with closing(_UnixConnection(self.socket_path, timeout_s)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            text = response.read()
        if response.status in (404, 409) and method == "DELETE":
            return None
        if response.status >= 400:
            raise LabError(f"{method} {path}: {response.status} {text.decode(errors='replace').strip()}")
        return _decoded(text)

    @property
    def answers(self) -> bool:
        """Whether the daemon is up."""
        try:
            self.call("GET", "/_ping", timeout_s=1.0)
        except (OSError, HTTPException, LabError):
            return False
        return True

    def load(self, archive: bytes) -> None:
        """Load images from what `docker save` made."""
        kind = {"Content-Type": "application/x-tar"}
        self.call("POST", "/images/load?quiet=1", archive, headers=kind, timeout_s=120.0)

    def pull(self, image: str, user: str, password: str) -> None:
        """Pull an image with a login that is not kept; raises LabError with the registry's reason."""
        login = base64.urlsafe_b64encode(json.dumps({"username": user, "password": password}).encode())
        header = {"X-Registry-Auth": login.decode()}
        answer = self.call("POST", f"/images/create?fromImage={quote(image)}", headers=header)
        errors = [str(line["error"]) for line in _objects(answer) if "error" in line]
        if errors:
            raise LabError(f"pull of {image}: {errors[0]}")

    def has_image(self, tag: str) -> bool:
        """Whether an image with this tag is there."""
        return any(tag in image.tags for image in self.images())

    def images(self) -> "Iterator[EngineImage]":
        """Every image that is not only a layer of another."""
        for item in _objects(self.call("GET", "/images/json")):
            tags = item.get("RepoTags")
            names = [str(tag) for tag in tags] if isinstance(tags, list) else []
            yield EngineImage(str(item["Id"]), names)

    def remove_containers(self) -> None:
        """Remove every container, running or not, with its anonymous volumes."""
        for item in _objects(self.call("GET", "/containers/json?all=1")):
            self.call("DELETE", f"/containers/{item['Id']}?force=1&v=1")

    def remove_volumes(self) -> None:
        """Remove every volume."""
        answer = self.call("GET", "/volumes")
        for item in _objects(answer.get("Volumes") if isinstance(answer, dict) else None):
            self.call("DELETE", f"/volumes/{item['Name']}?force=1")

    def remove_networks(self) -> None:
        """Remove every network that a user made."""
        self.call("POST", "/networks/prune")

    def remove_images(self, *, but: str) -> None:
        """Remove every image that does not have the tag `but`."""
        for image in list(self.images()):
            if but not in image.tags:
                self.call("DELETE", f"/images/{image.id}?force=1")


@dataclass(frozen=True)
class EngineImage:
    """An image as the daemon lists it."""

    id: str
    tags: list[str]


def _decoded(text: bytes) -> object:
    """The JSON of an answer: a list for a stream of objects, one a line; None for what is not JSON."""
    if not text.startswith((b"{", b"[")):
        return None
    lines = [json.loads(line) for line in text.split(b"\r\n") if line.strip()]
    return lines[0] if len(lines) == 1 else lines


def _objects(answer: object) -> list[dict[str, object]]:
    return [item for item in answer if isinstance(item, dict)] if isinstance(answer, list) else []
