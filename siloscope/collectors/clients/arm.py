"""The Azure Resource Manager client: azure-mgmt-resource for the inventory, one pipeline for everything.

Subscriptions, resource groups and resources are asked for through the SDK's client; the answers of
resource providers, which that package has no models for, through the same azure-core pipeline. What
readers get is the JSON that Azure sent, so the SDK's version makes no difference to them.

The SDK by itself follows a `nextLink` to any host with the token, sleeps as long as `Retry-After`
says, and reads an answer without `value` as an empty list. The policies here refuse, cap and check.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.arm_policies import SeenPages, pipeline_policies
from siloscope.errors import CallError, Denied, Unavailable
from siloscope.model import Visibility, digest
from siloscope.redact import scrub_text

PUBLIC = "https://management.azure.com"
PERMISSIONS_VERSION = "2022-04-01"
GROUPS_READ = "Microsoft.Resources/subscriptions/resourceGroups/read"
_ACTION = re.compile(r"perform action '([^']{1,200})'")
_UNREGISTERED = frozenset({"MissingSubscriptionRegistration", "InvalidResourceNamespace", "NoRegisteredProviderFound"})


@dataclass(frozen=True, slots=True)
class Arm:
    """One enumerating request of a provider below `{subscription}`, as data.

    `sdk` names the azure-mgmt-resource operation that makes it instead: `resources`. `details` are lists
    below each item.
    """

    path: str = ""
    version: str = ""
    sdk: str = ""
    details: tuple[ArmDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmDetail:
    """A list below an item (`{id}` is the item's), put under `into`; its own details go into its items.

    With `most` only the first so many items are asked for, where the rest is history.
    """

    into: str
    path: str
    version: str
    permission: str
    details: tuple[ArmDetail, ...] = ()
    when: Callable[[Document], bool] | None = None
    most: int = 0


class ArmClient:
    """Runs listings whose call is an `Arm`, in the configured or found subscriptions.

    `credential` is an azure-identity credential, or None when a static `token` is sent.
    """

    def __init__(
        self,
        base: str,
        *,
        credential: Any = None,
        token: str | None = None,
        subscriptions: Iterable[str] = (),
    ) -> None:
        self.base = base.rstrip("/")
        self.calls = 0
        self._credential, self._token = credential, token
        self._subscriptions = tuple(str(each) for each in subscriptions)
        self._lock = threading.RLock()
        self._built: dict[str, Any] = {}
        self._who: dict[str, tuple[str, Visibility]] = {}
        self._group_tags: dict[str, tuple[Mapping[str, Document], Trouble | None]] = {}

    def scopes(self) -> Iterable[Scope]:
        """The configured subscriptions, else the source as a whole, whose listing finds them."""
        if self._subscriptions:
            return [subscription_scope(each, self._portal()) for each in self._subscriptions]
        return [Scope("", data=self._portal())]

    def can(self, listing: Listing) -> bool:
        """Listings with an `Arm`."""
        return isinstance(listing.call, Arm)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for each in self._built.values():
                each.close()
            self._built.clear()

    def identity(self, listing: Listing, scope: Scope) -> tuple[str, Visibility]:  # noqa: ARG002 - by subscription
        """Who asks. ARM leaves out what a principal may not read, so sight is all only with `*/read`."""
        with self._lock:
            if scope.account not in self._who:
                self._who[scope.account] = (self._principal(), self._sight(scope.account))
            return self._who[scope.account]

    def _principal(self) -> str:
        """From the token's own claims, unverified: they are shown, nothing is decided by them."""
        token = self._token
        if token is None:
            token = _called("token", lambda: self._credential.get_token(f"{self.base}/.default").token)
        claims = _claims(token)
        for key, label in (("upn", "user"), ("unique_name", "user"), ("appid", "app"), ("oid", "object")):
            if claims.get(key):
                return f"{label} {claims[key]}"
        return f"token {digest(token)[:6]}"

    def _sight(self, subscription: str) -> Visibility:
        """From the caller's role actions at the subscription (Microsoft.Authorization/permissions)."""
        if not subscription:
            return Visibility.FILTERED
        path = f"/subscriptions/{quote(subscription, safe='')}/providers/Microsoft.Authorization/permissions"
        try:
            granted = list(self._items(path, PERMISSIONS_VERSION))
        except CallError:
            return Visibility.UNKNOWN
        actions = {action for each in granted for action in each.get("actions") or []}
        denied = [action for each in granted for action in each.get("notActions") or []]
        whole = actions & {"*", "*/read"} and not any(each.endswith(("*", "/read")) for each in denied)
        return Visibility.ALL if whole else Visibility.FILTERED

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """Every item of every page, with its details."""
        call: Arm = listing.call
        groups, trouble = self._groups(scope.account) if scope.account else ({}, None)
        if call.sdk == "resources":
            expand = "createdTime,changedTime,provisioningState"
            items = self._by_sdk(self._sdk(scope.account).resources.list, expand=expand)
        else:
            items = self._items(_fill(call.path, {"subscription": scope.account}), call.version)
        for item in items:
            whole = dict(item)
            group = groups.get("/".join(str(item.get("id", "")).lower().split("/")[:5]))
            if group:
                whole["group"] = group
            yield from self._detailed(whole, call.details)
            yield whole
        if trouble and call.sdk == "resources":
            # Last, so that a list that is denied altogether is denied and not partial.
            yield trouble

    def _detailed(self, item: dict[str, Any], details: Iterable[ArmDetail]) -> Iterator[Trouble]:
        for detail in details:
            if detail.when and not detail.when(item):
                continue
            found: list[dict[str, Any]] = []
            try:
                for each in self._items(_fill(detail.path, item), detail.version):
                    found.append(dict(each))
                    if len(found) == detail.most:
                        break
            except Denied as error:
                yield Trouble(str(error), error.permission or detail.permission)
            except Unavailable as error:
                yield Trouble(str(error))
            item[detail.into] = found
            for each in found:
                yield from self._detailed(each, detail.details)

    def _groups(self, subscription: str) -> tuple[Mapping[str, Document], Trouble | None]:
        """The subscription's resource groups by id, asked for once: their tags hold for what is in them."""
        with self._lock:
            if subscription not in self._group_tags:
                found: dict[str, Document] = {}
                trouble: Trouble | None = None
                try:
                    for each in self._by_sdk(self._sdk(subscription).resource_groups.list):
                        kept = {key: each[key] for key in ("tags", "managedBy") if each.get(key)}
                        found[str(each.get("id", "")).lower()] = kept
                except Denied as error:
                    trouble = Trouble(str(error), error.permission or GROUPS_READ)
                except Unavailable as error:
                    trouble = Trouble(str(error))
                self._group_tags[subscription] = (found, trouble)
            return self._group_tags[subscription]

    def _by_sdk(self, operation: Callable[..., Any], **options: Any) -> Iterator[Document]:
        """An SDK list: it asks and pages; what Azure really said is taken from the answer itself."""
        seen = SeenPages()
        pages = _called("list", lambda: operation(raw_response_hook=seen, **options).by_page())
        while True:
            self.calls += 1
            if _called(urlsplit(seen.url).path, lambda: next(pages, None)) is None:
                return
            yield from seen.take()

    def _items(self, path: str, version: str) -> Iterator[Document]:
        """Every item of a provider's list, page after page.

        Raises:
            Denied: HTTP 401 or 403, with the action that the answer names.
            Unavailable: Anything else that is not a well-formed list.
        """
        from azure.core.rest import HttpRequest

        url = f"{self.base}{path}?api-version={version}"
        seen = SeenPages()
        while url:
            self.calls += 1
            request = HttpRequest("GET", url, headers={"Accept": "application/json"})
            _called(path, lambda request=request: self._send(request, seen))  # type: ignore[misc]
            yield from seen.take()
            url = urljoin(url, seen.following) if seen.following else ""

    def _send(self, request: Any, seen: SeenPages) -> None:
        response = self._pipeline().send_request(request, raw_response_hook=seen)
        response.raise_for_status()

    def _pipeline(self) -> Any:
        from azure.mgmt.core import ARMPipelineClient

        return self._once("", lambda: ARMPipelineClient(base_url=self.base, policies=self._policies()))

    def _sdk(self, subscription: str) -> Any:
        """azure-mgmt-resource's client; version 26 keeps it in `resources` only, earlier ones in both places."""
        from azure.mgmt.resource.resources import ResourceManagementClient

        return self._once(
            subscription,
            lambda: ResourceManagementClient(
                self._credential or _NoCredential(),
                subscription,
                base_url=self.base,
                policies=self._policies(),
            ),
        )

    def _policies(self) -> list[Any]:
        return pipeline_policies(self.base, self._credential, self._token)

    def _once(self, key: str, build: Callable[[], Any]) -> Any:
        with self._lock:
            if key not in self._built:
                self._built[key] = build()
            return self._built[key]

    def _portal(self) -> dict[str, str]:
        return {"portal": "https://portal.azure.com"} if self.base == PUBLIC else {}


class _NoCredential:
    """Stands where the SDK wants a credential; a static token is sent by the pipeline's own policy."""

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        raise Denied("no Azure credential is configured")


def subscription_scope(subscription: str, data: Mapping[str, str]) -> Scope:
    """The scope of one subscription."""
    lower = subscription.lower()
    return Scope(lower, "subscription", lower, lower, "", {**data, "id": f"/subscriptions/{lower}"})


def _called(shown: str, ask: Callable[[], Any]) -> Any:
    """One call; every way it can fail becomes `Denied` or `Unavailable`."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        return ask()
    except HttpResponseError as error:
        raise _failed(shown, error) from error
    except AzureError as error:
        text = scrub_text(f"{shown}: {type(error).__name__}: {error.message}")[:300]
        if isinstance(error, ClientAuthenticationError):
            raise Denied(text) from error
        raise Unavailable(text) from error


def _failed(shown: str, error: Any) -> CallError:
    """An HTTP error in Azure's envelope `{"error": {"code", "message"}}`, as what it means here."""
    status, response = error.status_code, error.response
    path = urlsplit(response.request.url).path if response is not None else shown
    code, message = _envelope(response)
    if response is None:
        message = str(error.message)
    text = scrub_text(re.sub(r"\s+", " ", f"GET {path}: HTTP {status} {code} {message}".strip()))[:400]
    if status in (401, 403) or (status is None and type(error).__name__ == "ClientAuthenticationError"):
        action = _ACTION.search(message)
        return Denied(text, action[1] if action else "")
    if code in _UNREGISTERED:
        return Unavailable(f"{text} (this subscription is not registered for the provider, or not for this type)")
    if status and 200 <= status < 300:
        return Unavailable(f"GET {path}: malformed or cut JSON answer")
    return Unavailable(text)


def _envelope(response: Any) -> tuple[str, str]:
    try:
        body = json.loads(response.text()) if response is not None else None
    except (ValueError, TypeError):
        return "", ""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return str(error.get("code") or ""), str(error.get("message") or "")
    return "", ""


def _claims(token: str) -> Mapping[str, Any]:
    """The claims of a JWT; nothing for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _fill(template: str, fields: Mapping[str, Any]) -> str:
    """`{name}` filled from the scope or the item; ids keep their slashes."""
    return re.sub(r"\{(\w+)\}", lambda found: quote(str(fields.get(found[1], "")), safe="/@$()"), template)
