"""The Orchestrator client: OData paging, sign-in in three ways, the declared rate for jobs, owners' names."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from siloscope.collectors.base import Client, Document, Listing, Scope, Trouble
from siloscope.collectors.clients.files import FilesClient
from siloscope.collectors.clients.rest import Get, Next, RestClient, Turn, dig
from siloscope.config import Source
from siloscope.errors import CallError, ConfigError, Denied, Unavailable
from siloscope.model import Visibility, digest

PAGE = 1000  # Orchestrator serves no more a page, whatever $top says
JOBS_PER_MINUTE = 100  # docs.uipath.com, API guide, rate limits: GET /odata/Jobs, non-automation use
_CREATORS = ("CreatorUserId", "LastModifierUserId")
_SCOPES = (
    "OR.Folders.Read OR.Execution.Read OR.Robots.Read OR.Machines.Read OR.Queues.Read OR.Jobs.Read "
    "OR.Assets.Read OR.Administration.Read OR.Users.Read OR.Webhooks.Read"
)


def paged(turn: Turn) -> Next | None:
    """OData paging by `$skip` up to `@odata.count`; without a count, up to the first short page.

    Raises:
        Unavailable: An empty page before the count is reached: the rest was not shown.
    """
    start = int(turn.params.get("$skip", 0)) + turn.items
    count = dig(turn.answer, "@odata.count")
    if isinstance(count, int):
        if start < count and not turn.items:
            raise Unavailable(f"GET {turn.call.path}: {start} of {count} shown, then an empty page")
        return Next(params={"$skip": start}) if start < count else None
    return Next(params={"$skip": start}) if turn.items >= PAGE else None


USERS = Get(
    "/odata/Users",
    items="value",
    params={"$top": PAGE, "$count": "true", "$select": "Id,UserName,FullName,Type"},
    page=paged,
)
# One request a folder, newest first: the last use of its processes, not their whole history.
JOBS = Get(
    "/odata/Jobs",
    items="value",
    params={"$top": PAGE, "$orderby": "StartTime desc", "$expand": "Release"},
    headers={"X-UIPATH-OrganizationUnitId": "{folder}"},
)


class Orchestrator(RestClient):
    """A `RestClient` that paces jobs and puts the names of creators into what they created."""

    def __init__(self, base: str, scope: Scope, *, jobs_per_minute: float, **options: Any) -> None:
        super().__init__(base, [scope], **options)
        self._jobs_gap = 60.0 / jobs_per_minute
        self._next_job = 0.0
        self._pace = threading.Lock()
        self._people: Mapping[int, str] | None = None

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """Every item of every page; `Creator` and `LastModifier` are names where users may be read."""
        if listing.call is JOBS:
            self._wait_for_jobs()
        for item in super().pages(listing, scope):
            if isinstance(item, Trouble) or not any(item.get(key) for key in _CREATORS):
                yield item
                continue
            people = self._users()
            named = {key.removesuffix("UserId"): people.get(item.get(key)) for key in _CREATORS}
            yield {**item, **{key: name for key, name in named.items() if name}}

    def _wait_for_jobs(self) -> None:
        with self._pace:
            now = time.monotonic()
            start = max(now, self._next_job)
            self._next_job = start + self._jobs_gap
        if start > now:
            time.sleep(start - now)

    def _users(self) -> Mapping[Any, str]:
        """User names by id, asked for once. That they may not be read is said by the listing of users."""
        with self._pace:
            if self._people is None:
                try:
                    self._people = {
                        each["Id"]: str(each.get("UserName") or each.get("FullName") or "")
                        for each in self.items(USERS, {})
                        if "Id" in each
                    }
                except CallError:
                    self._people = {}
            return self._people


def connect(source: Source) -> Client:
    """Studio projects when `path` is set, else Orchestrator: external application, token or local user.

    Raises:
        ConfigError: No way to sign in is configured.
    """
    instance = f"uipath://{instance_of(source)}"
    if source.path:
        return FilesClient(source.path, [Scope(source.instance, instance=instance)])
    if not source.url:
        raise ConfigError(f'source "{source.name}": uipath needs "url" or "path"')
    rate = source.options.get("jobs_per_minute", JOBS_PER_MINUTE)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
        raise ConfigError(f'source "{source.name}": "jobs_per_minute" must be a positive number')
    scope = Scope(source.instance, instance=instance, data={"url": source.url})
    headers, login, who = _sign_in(source)
    return Orchestrator(
        source.url,
        scope,
        jobs_per_minute=rate,
        headers=headers,
        login=login,
        who=lambda _: (who, Visibility.UNKNOWN),
    )


def _sign_in(source: Source) -> tuple[dict[str, str], Any, str]:
    """(headers, login, principal) for the way that is configured."""
    options = source.options
    if token := source.secret("token"):
        return {"Authorization": f"Bearer {token}"}, None, f"token {digest(token)[:6]}"
    if secret := source.secret("client_secret"):
        client = str(options.get("client_id") or "")
        if not client:
            raise ConfigError(f'source "{source.name}": "client_secret" needs "client_id"')
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": secret,
            "scope": str(options.get("scope") or _SCOPES),
        }
        identity = str(options.get("identity_url") or _identity_of(source.url or ""))
        return {}, lambda _: _token(identity, "access_token", data=form), f"application {client}"
    if password := source.secret("password"):
        user, tenant = str(options.get("user") or ""), str(options.get("tenant") or "Default")
        body = {"tenancyName": tenant, "usernameOrEmailAddress": user, "password": password}
        address = f"{source.url}/api/Account/Authenticate"
        return {}, lambda _: _token(address, "result", json=body), f"user {user} of {tenant}"
    raise ConfigError(
        f'source "{source.name}": uipath needs "client_id" with "client_secret", "token", or "user" with "password"'
    )


def _token(address: str, key: str, **kwargs: Any) -> Mapping[str, str]:
    """The bearer header that an identity endpoint grants; the endpoint is its own origin."""
    parts = urlsplit(address)
    client = RestClient(f"{parts.scheme}://{parts.netloc}", [])
    try:
        answer = _asked(client, address, kwargs)
        try:
            token = answer.json().get(key)
        except (ValueError, AttributeError) as error:
            raise Unavailable(f"POST {parts.path}: the answer is no token") from error
    finally:
        client.close()
    if not isinstance(token, str) or not token:
        raise Unavailable(f"POST {parts.path}: the answer holds no {key}")
    return {"Authorization": f"Bearer {token}"}


def _asked(client: RestClient, address: str, kwargs: Mapping[str, Any]) -> Any:
    """The answer of an identity endpoint; it refuses with 400 `invalid_client` (RFC 6749, 5.2) or 401."""
    try:
        return client.request("POST", address, **kwargs)
    except Denied as error:
        raise Denied(str(error), "sign-in") from error
    except Unavailable as error:
        if "HTTP 400" in str(error):
            raise Denied(str(error), "sign-in") from error
        raise


def _identity_of(url: str) -> str:
    """The token endpoint of Automation Cloud and Automation Suite, on the same host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/identity_/connect/token"


def instance_of(source: Source) -> str:
    """`{host}/{organization}/{tenant}` when the URL has them and no instance is configured."""
    parts = urlsplit(source.url or "")
    path = [part for part in parts.path.split("/") if part]
    if source.instance == parts.hostname and len(path) >= 2:
        return f"{source.instance}/{path[0]}/{path[1]}"
    return source.instance
