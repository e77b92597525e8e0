"""AWS sessions and clients: accounts by role, credentials that renew themselves, requests counted."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from siloscope.collectors.clients.boto_calls import action, guarded, whole_answer
from siloscope.config import Source
from siloscope.errors import CallError, Unavailable

ATTEMPTS = 4
CONNECTIONS = 16
# A botocore client weighs about a megabyte; accounts times regions times services are too many to keep.
MOST_CLIENTS = 64


class Sessions:
    """The sessions of one source, one an account; safe to use from several threads.

    `asked` counts HTTP requests, retries included, by account, region and IAM action; the account is ""
    for the one that the configured credentials belong to.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.asked: Counter[tuple[str, str, str]] = Counter()
        self._lock = threading.RLock()
        self._sessions: dict[str, Any] = {}
        self._clients: OrderedDict[tuple[str, str, str], Any] = OrderedDict()
        self._callers: dict[str, tuple[str, str] | CallError] = {}
        self._endpoint = source.options.get("endpoint_url")

    def close(self) -> None:
        """Close the connections of all services."""
        for client in self._clients.values():
            client.close()

    @property
    def region(self) -> str:
        """The region of the profile."""
        return self._session("").get_config_variable("region") or "us-east-1"

    def caller(self, account: str) -> tuple[str, str]:
        """(account, ARN) of who asks in `account`; asked once, also when the answer was no."""
        with self._lock:
            if account not in self._callers:
                try:
                    client = self.client("sts", account, self.region)
                    answer = guarded("sts:GetCallerIdentity", client.get_caller_identity)
                    self._callers[account] = (answer["Account"], answer["Arn"])
                except CallError as error:
                    self._callers[account] = error
            found = self._callers[account]
        if isinstance(found, CallError):
            raise found
        return found

    def _session(self, account: str) -> Any:
        """A session in `account`, by role where one is configured; "" is the profile's own."""
        from botocore.exceptions import BotoCoreError

        with self._lock:
            if account in self._sessions:
                return self._sessions[account]
            if not account:
                profile = self.source.options.get("profile")
                try:
                    core = _core(profile)
                    core.get_scoped_config()  # an unknown profile shows here, not in the first call
                    self._sessions[""] = core
                except BotoCoreError as error:
                    raise Unavailable(f"AWS profile {profile!r}: {error}") from error
            else:
                self._sessions[account] = self._in_account(account)
            return self._sessions[account]

    def _in_account(self, account: str) -> Any:
        """A session whose credentials come from the role and renew themselves before they expire."""
        from botocore.credentials import RefreshableCredentials

        role = self.source.options.get("role_arn")
        if not role:
            raise Unavailable(f"account {account}: no role_arn is configured to reach it")
        sts = self.client("sts", "", self.region)
        arn = _role_in(str(role), account)

        def assume() -> dict[str, str]:
            got = guarded("sts:AssumeRole", lambda: sts.assume_role(RoleArn=arn, RoleSessionName="siloscope"))[
                "Credentials"
            ]
            return {
                "access_key": got["AccessKeyId"],
                "secret_key": got["SecretAccessKey"],
                "token": got["SessionToken"],
                "expiry_time": got["Expiration"].isoformat(),
            }

        core = _core(self.source.options.get("profile"))
        core._credentials = RefreshableCredentials.create_from_metadata(assume(), assume, "sts-assume-role")  # noqa: SLF001 - botocore has no public way
        return core

    def client(self, service: str, account: str, region: str) -> Any:
        """A botocore client of one service; `account` "" is the one the configured credentials belong to."""
        with self._lock:
            key = (service, account, region)
            if key not in self._clients:
                client = self._session(account).create_client(
                    service, region_name=region, endpoint_url=self._endpoint, config=self._config()
                )
                model = client.meta.service_model
                protocol = getattr(model, "resolved_protocol", "") or model.metadata["protocol"]
                client.meta.events.register("response-received", partial(whole_answer, protocol=protocol))
                client.meta.events.register("before-send", self._counter(service, account, region))
                self._clients[key] = client
                if len(self._clients) > MOST_CLIENTS:
                    self._clients.popitem(last=False)  # still whole for whoever is using it
            self._clients.move_to_end(key)
            return self._clients[key]

    def _counter(self, service: str, account: str, region: str) -> Callable[..., None]:
        prefix = action(service, "").rstrip(":")

        def count(event_name: str = "", **_: Any) -> None:
            with self._lock:
                self.asked[account, region, f"{prefix}:{event_name.rpartition('.')[2]}"] += 1

        return count

    def _config(self) -> Any:
        from botocore.config import Config

        return Config(
            retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
            connect_timeout=10,
            read_timeout=60,
            max_pool_connections=CONNECTIONS,
            inject_host_prefix=not self._endpoint,
            user_agent_extra="siloscope",
            s3={"addressing_style": "path"} if self._endpoint else None,
        )


def _core(profile: str | None) -> Any:
    """A botocore session; parsed service models, the larger part of one, are shared by all of a process."""
    from botocore.session import Session

    core = Session(profile=profile)
    core.register_component("data_loader", _loader())
    return core


@cache
def _loader() -> Any:
    from botocore.session import get_session

    return get_session().get_component("data_loader")


def _role_in(role: str, account: str) -> str:
    """The role's ARN in another account; a bare role name works too."""
    if not role.startswith("arn:"):
        return f"arn:aws:iam::{account}:role/{role}"
    parts = role.split(":", 5)
    parts[4] = account
    return ":".join(parts)
