"""Whether to trust the key of a host that is not known yet."""

from collections.abc import Callable
from time import monotonic

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.confirm import sayings
from backstaff.console.dialogs.run_question import RunQuestion
from backstaff.console.hanging import Fact
from backstaff.engine.questions import HostKeyQuestion, KeyPurpose

_WHERE_TO_LOOK = (
    "On the host itself it is printed by `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, or the file of "
    "another kind of key beside it."
)
_ACCEPTED = {
    KeyPurpose.RUN: "the run goes on",
    KeyPurpose.FOLLOW: "the container is followed",
}
_REFUSED = {
    KeyPurpose.RUN: "the host counts as unreachable and the run ends; nothing has been changed",
    KeyPurpose.FOLLOW: "nothing is followed",
}


class TrustHostKey(RunQuestion[bool]):
    """Asks whether a host's key is right; the result is whether to accept it.

    `y`, which answers so much else, is no answer here."""

    def __init__(self, question: HostKeyQuestion, seconds: Callable[[], float] = monotonic) -> None:
        accepted = f"{_ACCEPTED[question.purpose]}, and the key is written to {question.written_to}"
        facts = [
            Fact("host", question.host, "bold"),
            Fact("key", question.fingerprint, "bold $warning"),
            Fact("yes", accepted),
            Fact("no", _REFUSED[question.purpose]),
        ]
        super().__init__(
            "Unknown host key",
            sayings([*facts, _WHERE_TO_LOOK]),
            [
                Choice("Accept", "a", result=True),
                Choice("Refuse", "r", result=False, also=("n",)),
            ],
            start=1,
            escape=1,
            hint="is it the one you expect?",
            seconds=seconds,
        )
