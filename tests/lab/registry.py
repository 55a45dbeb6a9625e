"""The lab's image registry, with a login, over plain HTTP."""

import base64
import signal
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlsplit

from tests.lab.commands import must
from tests.lab.errors import LabError
from tests.lab.image import MANIFEST_TYPE, Image, digest
from tests.lab.sandbox import Sandbox
from tests.lab.waiting import wait_until

_NAME = "registry"
USER, PASSWORD = "lab-user", "lab-password"
LONE_USER, LONE_PASSWORD = "lone-user", "password-of-one-test"
"""For who looks for his password everywhere on the machine: nobody else has it, in no other lab either."""
_HTPASSWD = (
    f"{USER}:$2b$04$BqpTi6Jkl4jCdi5kgQD7S.88/xPXOg9SUqCsu0L638dOoSOUwJbvC\n"
    f"{LONE_USER}:$2b$04$BqpTi6Jkl4jCdi5kgQD7S.axg41ZOr6QBQvDYzg2X20ZXVfyo0qIm\n"
)
"""The passwords as bcrypt, the only hash that the registry takes."""

_CONFIG = """\
version: 0.1
log: {{accesslog: {{disabled: true}}, level: warn}}
storage: {{filesystem: {{rootdirectory: /var/lib/lab-registry}}, delete: {{enabled: true}}}}
http: {{addr: "{address}"}}
auth: {{htpasswd: {{realm: lab, path: /etc/lab-registry.htpasswd}}}}
"""


@dataclass(frozen=True)
class Registry:
    """docker-registry in the hub; `address` is host:port, as in an image's name."""

    sandbox: Sandbox
    address: str

    def start(self) -> None:
        """Start it and wait until it answers."""
        must(self.sandbox.run("tee", "/etc/lab-registry.htpasswd", stdin=_HTPASSWD))
        must(self.sandbox.run("tee", "/etc/lab-registry.yml", stdin=_CONFIG.format(address=self.address)))
        self.sandbox.spawn(_NAME, "docker-registry", "serve", "/etc/lab-registry.yml")
        wait_until(self._answers, "the registry")

    def revive(self) -> None:
        """Undo whatever has befallen its process; what was pushed is there still."""
        if self.sandbox.pid_of(_NAME) is None:
            self.start()
        self.sandbox.signal(_NAME, signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return self._call("GET", "/v2/").status == 200
        except (OSError, HTTPException):
            return False

    def push(self, image: Image, name: str, tag: str) -> str:
        """Put an image into the registry; returns its full name."""
        for blob in [image.config_json, *(layer.compressed for layer in image.layers)]:
            self._push_blob(name, blob)
        self._must("PUT", f"/v2/{name}/manifests/{tag}", image.manifest_json(), MANIFEST_TYPE)
        return f"{self.address}/{name}:{tag}"

    def _push_blob(self, name: str, blob: bytes) -> None:
        if self._call("HEAD", f"/v2/{name}/blobs/{digest(blob)}").status == 200:
            return
        upload = self._must("POST", f"/v2/{name}/blobs/uploads/").getheader("Location", "")
        where = urlsplit(upload)
        target = f"{where.path}?{where.query}&digest={digest(blob)}"
        self._must("PUT", target, blob, "application/octet-stream")

    def _must(self, method: str, path: str, body: bytes = b"", kind: str = "") -> HTTPResponse:
        response = self._call(method, path, body, kind)
        if response.status >= 400:
            raise LabError(f"registry: {method} {path}: {response.status}")
        return response

    def _call(self, method: str, path: str, body: bytes = b"", kind: str = "") -> HTTPResponse:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"} | ({"Content-Type": kind} if kind else {})
        with closing(HTTPConnection(self.address, timeout=30.0)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            return response
