"""How a simulated Docker refuses."""


class DockerRefusal(Exception):
    """A request that Docker answers with an HTTP error: its status and its words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class NotModified(Exception):
    """The container is already as it was asked to be (HTTP 304)."""


def no_such_container(name: str) -> DockerRefusal:
    """The container does not exist."""
    return DockerRefusal(404, f"No such container: {name}")


def no_such_image(name: str) -> DockerRefusal:
    """The image is not on the host."""
    return DockerRefusal(404, f"No such image: {name}")
