"""deploy.yml and the secrets files: text in, immutable validated values out."""

from backstaff.config.credentials import Credential, SecretName, SecretValue
from backstaff.config.loader import load_config
from backstaff.config.models import Config, Role

__all__ = ["Config", "Credential", "Role", "SecretName", "SecretValue", "load_config"]
