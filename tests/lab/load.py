"""Steady load on a web address, to prove that no request is lost."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from types import TracebackType


@dataclass
class Load:
    """Clients that ask and ask until the `with` block ends; half of them keep their connection open.

    `answers` counts the bodies of answers with status 200, `failures` holds everything else. A client rests
    for `pause_s` between two requests.
    """

    address: str
    host: str
    path: str = "/version"
    clients: int = 8
    pause_s: float = 0.01
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _more: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> "Load":
        for number in range(self.clients):
            thread = threading.Thread(target=self._ask, kwargs={"keep_open": number % 2 == 0})
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, answer: str, *, times: int = 50, timeout_s: float = 20.0) -> bool:
        """Wait until the answer has come this many times."""
        with self._more:
            return self._more.wait_for(lambda: self.answers[answer] >= times, timeout_s)

    def _ask(self, *, keep_open: bool) -> None:
        connection = HTTPConnection(self.address, timeout=10.0)
        while not self._ended.is_set():
            try:
                connection.request("GET", self.path, headers={"Host": self.host})
                response = connection.getresponse()
                body = response.read().decode().strip()
                self._count(response.status, body)
            except (OSError, HTTPException) as error:
                self._fail(repr(error))
                connection.close()
            if not keep_open:
                connection.close()
            self._ended.wait(self.pause_s)
        connection.close()

    def _count(self, status: int, body: str) -> None:
        if status != 200:
            self._fail(f"{status} {body}")
            return
        with self._more:
            self.answers[body] += 1
            self._more.notify_all()

    def _fail(self, what: str) -> None:
        with self._lock:
            self.failures.append(what)
