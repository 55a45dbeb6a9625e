"""What every part of a command in a secrets file fails with."""


class SecretCommandFailed(Exception):
    """A command in a secrets file gave no value; the message says why and contains no secret."""
