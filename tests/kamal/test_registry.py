import pytest

from backstaff.config.credentials import SecretName, SecretValue
from backstaff.config.models import Registry
from backstaff.errors import RemoteError, SecretsError
from backstaff.kamal.registry import auth_server, check_service_label, credential_text, docker_server
from tests.kamal.builders import a_config


def test_docker_hub_has_a_name_of_its_own() -> None:
    assert auth_server(Registry()) == "https://index.docker.io/v1/"
    assert auth_server(Registry(server="ghcr.io")) == "ghcr.io"


@pytest.mark.parametrize(
    ("server", "name"),
    [
        (None, "https://index.docker.io/v1/"),
        ("docker.io", "https://index.docker.io/v1/"),
        ("https://index.docker.io/v1/", "https://index.docker.io/v1/"),
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io", "ghcr.io"),
        ("registry.test:5000/team", "registry.test:5000"),
    ],
)
def test_the_docker_command_knows_a_server_by_its_host(server: str | None, name: str) -> None:
    assert docker_server(Registry(server=server)) == name


def test_credentials_are_texts_or_secrets() -> None:
    assert credential_text(SecretValue("ada"), {}) == "ada"
    assert credential_text(SecretName("PW"), {"PW": "p"}) == "p"
    assert credential_text(None, {}) == ""
    with pytest.raises(SecretsError, match="`PW` is not defined"):
        credential_text(SecretName("PW"), {})


def test_an_image_must_belong_to_the_service() -> None:
    check_service_label(a_config(), "v1", {"service": "app"})
    with pytest.raises(RemoteError, match="v1 is missing the `service` label"):
        check_service_label(a_config(), "v1", {})
    with pytest.raises(RemoteError, match="has the label service=other, expected service=app") as caught:
        check_service_label(a_config(), "v1", {"service": "other"}, where="h1")
    assert str(caught.value).startswith("h1: ")
