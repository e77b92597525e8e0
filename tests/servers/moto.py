"""moto: a third party's reading of the AWS APIs, in its own environment.

Any key pair passes. With `no_auth_actions=N` its IAM goes live after N calls: create a user, a key and a
policy with the first N, and everything later is judged by that policy.
"""

from pathlib import Path
from typing import Any

import httpx

from tests.servers.base import Server
from tests.servers.install import pinned, python_environment

REGION = "eu-west-1"


class Moto(Server):
    """`moto_server` on loopback."""

    name = "moto"
    ready_path = "/moto-api/"

    def __init__(self, port: int | None = None, *, no_auth_actions: int | None = None) -> None:
        super().__init__(port)
        self.no_auth_actions = no_auth_actions

    @classmethod
    def version(cls) -> str:
        return pinned("moto", "moto")

    @classmethod
    def ensure_installed(cls) -> None:
        python_environment("moto")

    def command(self) -> list[str | Path]:
        program = python_environment("moto") / "moto_server"
        return [program, "-H", "127.0.0.1", "-p", str(self.port)]

    def environment(self) -> dict[str, str]:
        if self.no_auth_actions is None:
            return {}
        return {"INITIAL_NO_AUTH_ACTION_COUNT": str(self.no_auth_actions)}

    def about(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": REGION,
        }

    def reset(self) -> None:
        """Forget every resource of every account."""
        httpx.post(f"{self.url}/moto-api/reset", timeout=30).raise_for_status()

    def client(
        self,
        service: str,
        *,
        region: str = REGION,
        key: str = "testing",
        secret: str = "testing",
        token: str | None = None,
        url: str | None = None,
    ) -> Any:
        """A boto3 client that speaks to this server, or to a proxy in front of it at `url`.

        Without `inject_host_prefix=False` botocore would call `api.127.0.0.1` for some services.
        """
        import boto3
        from botocore.config import Config

        return boto3.client(
            service,
            region_name=region,
            endpoint_url=url or self.url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
        )
