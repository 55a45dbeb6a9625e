"""The shape of deploy.yml as written, checked key by key with pydantic before anything is worked out."""

from backstaff.config.schema.deploy_file import DeployFile

__all__ = ["DeployFile"]
