"""Headless Chromium, with a proxy of the test's own that keeps what it is asked for and gives nothing."""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

NAMES = ("chromium", "chromium-browser", "google-chrome")
WITHIN_S = 60
_OWN_SERVICES = re.compile(r"(?:https?://)?(?:[\w-]+\.)*(?:google|googleapis|gvt1)\.com[:/]")
"""Whom Chromium calls by itself, whatever page it shows: for updates, the time, its settings."""


class BrowserFailed(Exception):
    """Chromium did not do what it was started for."""


def find_browser() -> str | None:
    """The program, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """Chromium, started anew for each question, with a profile that is gone afterwards.

    `asked` are the addresses that its pages wanted from the network."""

    def __init__(self, program: str, directory: Path, proxy: str, asked: list[str]) -> None:
        self.asked = asked
        self._program = program
        self._directory = directory
        self._proxy = proxy

    def dom(self, page: str, fragment: str = "", *, width: int = 1280) -> str:
        """The document of a page once it has loaded and its script has run, as markup."""
        file = self._directory / "page.html"
        file.write_text(page, encoding="utf-8")
        command = [
            self._program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            f"--user-data-dir={self._directory / 'profile'}",
            f"--proxy-server={self._proxy}",
            "--proxy-bypass-list=<-loopback>",
            f"--window-size={width},1000",
            "--dump-dom",
            f"{file.as_uri()}{fragment}",
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
        try:
            out, err = process.communicate(timeout=WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise BrowserFailed(f"no answer within {WITHIN_S} s") from None
        if process.returncode != 0:
            raise BrowserFailed(err.decode(errors="replace")[-2_000:])
        return out.decode()


@contextmanager
def recording_proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy on this machine that refuses everything, and the addresses that a page has asked it for."""
    asked: list[str] = []

    class Refuse(StreamRequestHandler):
        def handle(self) -> None:
            request = self.rfile.readline().decode(errors="replace").split()
            if not request:
                # Chromium connects ahead for its own services, and may end before it asks for anything.
                return
            address = request[1] if len(request) > 1 else ""
            if not _OWN_SERVICES.match(address):
                asked.append(address)
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    server = ThreadingTCPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
