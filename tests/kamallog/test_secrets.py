"""What looks like a secret is in no event, wherever it stood in the log."""

import pytest

from backstaff.kamallog.masking import PatternRedactor
from tests.kamallog.logs import CAPTURES, bare, capture, read

SECRET = "hunter2-and-more"
RUN = (
    '  INFO [aaaaaaaa] Running docker run --detach --name shop-web-v1 {} --label service="shop" shop:v1 on h1'
)


@pytest.mark.parametrize(
    "line",
    [
        f"  INFO [aaaaaaaa] Running docker login ghcr.io -u ada -p {SECRET} on h1",
        f'  INFO [aaaaaaaa] Running docker login ghcr.io -u "ada" -p "{SECRET}" on h1',
        RUN.format(f'--env SMTP_PASSWORD="{SECRET}"'),
        RUN.format(f'--env STRIPE_SECRET_KEY="{SECRET}"'),
        RUN.format(f'--env DATABASE_URL="postgres://ada:{SECRET}@db/shop"'),
        f" DEBUG [aaaaaaaa] \tRAILS_MASTER_KEY={SECRET}",
        f'{{"api_token": "{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"docker stderr: password={SECRET} is wrong",
        f"  ERROR (SSHKit::Command::Failed): Exception while executing on host h1: TOKEN={SECRET}",
        f" ERROR 2026-11-23T11:00:00.0Z ACCESS_KEY='{SECRET}'",
    ],
)
def test_secrets_are_masked_wherever_they_stand(line: str) -> None:
    events = read(["Pull app image...\n", f"{line}\n"])
    text = "".join(event.to_line() for event in events)
    assert SECRET not in text
    assert "[REDACTED]" in text


def test_all_of_a_private_key_is_masked() -> None:
    lines = [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "b3BlbnNzaC1rZXktdjE",
        "AAAAB3Nz",
        "-----END OPENSSH PRIVATE KEY-----",
    ]
    text = "".join(event.to_line() for event in read([*lines, "after it"]))
    assert not any(line in text for line in lines)
    assert "after it" in text


@pytest.mark.parametrize("name", CAPTURES)
def test_the_password_in_the_environment_of_the_captures_is_masked(name: str) -> None:
    assert "not-a-real-password" not in "".join(event.to_line() for event in read(capture(name)))


@pytest.mark.parametrize(
    "text",
    [
        "Secret 'X' not found in .kamal/secrets",
        "docker login ghcr.io -u [REDACTED] -p [REDACTED]",
        "key: value",
    ],
)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert PatternRedactor().text(text) == text


def test_the_output_of_captures_is_masked_nowhere_else() -> None:
    masked = [line for line in bare("unhealthy.log") if PatternRedactor().text(line) != line]
    assert all("SMTP_PASSWORD=" in line for line in masked)


@pytest.mark.parametrize("between", ["\u200b", "\x00", "\x1b[1m", "\u202e"])
def test_a_shape_is_known_with_something_invisible_in_it(between: str) -> None:
    redactor = PatternRedactor()
    assert redactor.text(f"PASS{between}WORD=swordfish {between}x") == "PASSWORD=[REDACTED] x"
    assert redactor.text(f"{between}no shape at all") == f"{between}no shape at all"
