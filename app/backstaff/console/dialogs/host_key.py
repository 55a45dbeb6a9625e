"""Whether to trust the key of a host that is not known yet."""

from backstaff.console.dialogs.choices import Choice
from backstaff.console.dialogs.confirm import sayings
from backstaff.console.dialogs.dialog import Dialog
from backstaff.console.hanging import Fact
from backstaff.engine.questions import HostKeyQuestion

KNOWN_HOSTS = "~/.ssh/known_hosts"
_WHERE_TO_LOOK = (
    "On the host itself it is printed by `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, or the file of "
    "another kind of key beside it."
)


class TrustHostKey(Dialog[bool]):
    """Asks whether a host's key is right; the result is whether to accept it. `written_to` is where an
    accepted key goes: the first `UserKnownHostsFile` of the ssh configuration."""

    def __init__(self, question: HostKeyQuestion, written_to: str = KNOWN_HOSTS) -> None:
        facts = [
            Fact("host", question.host, "bold"),
            Fact("key", question.fingerprint, "bold $warning"),
            Fact("yes", f"the run goes on, and the key is written to {written_to}"),
            Fact("no", "the host counts as unreachable and the run ends; nothing has been changed"),
        ]
        super().__init__(
            "Unknown host key",
            sayings([*facts, _WHERE_TO_LOOK]),
            [
                Choice("Accept", "a", result=True, also=("y",)),
                Choice("Refuse", "r", result=False, also=("n",)),
            ],
            start=1,
            escape=1,
            hint="is it the one you expect?",
        )
