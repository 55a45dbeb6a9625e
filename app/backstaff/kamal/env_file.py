"""The file that hands a role's secrets to Docker."""

from collections.abc import Mapping

from backstaff.config.models import EnvVars
from backstaff.errors import SecretsError
from backstaff.kamal.quoting import ascii_runs, ruby_dump


def env_file_text(env: EnvVars, secrets: Mapping[str, str]) -> str:
    """`NAME=value` lines in the order of deploy.yml; a single newline where there are no secrets.

    Docker takes values literally and knows no escapes: a newline in a secret arrives as the two characters
    `\\n`, as it does with Kamal. Raises SecretsError when a secret is not among `secrets`.
    """
    lines = [f"{name}={_value(secret, secrets)}\n" for name, secret in env.secret]
    return "".join(lines) or "\n"


def _value(name: str, secrets: Mapping[str, str]) -> str:
    if name not in secrets:
        raise SecretsError(f"secret `{name}` is not defined", fix=f"define `{name}` in a secrets file")
    return "".join(_literal(run) if run.isascii() else run for run in ascii_runs(secrets[name]))


def _literal(run: str) -> str:
    return ruby_dump(run)[1:-1].replace('\\"', '"').replace("\\#", "#")
