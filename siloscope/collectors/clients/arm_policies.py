"""The azure-core pipeline of the ARM client: one origin, capped waits, whole answers.

azure-core is imported when a pipeline is built, not with this module, so that help starts fast.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from siloscope.errors import Unavailable

LONGEST_WAIT = 30.0
RETRIES = 3


def pipeline_policies(base: str, credential: Any, token: str | None) -> list[Any]:
    """The policies of every request, outermost first; the same list serves the SDK's client.

    The origin is checked before the token is added, and nothing follows redirects.
    """
    from azure.core.pipeline import policies

    return [
        policies.RequestIdPolicy(),
        policies.UserAgentPolicy(base_user_agent="siloscope"),
        policies.ProxyPolicy(),
        policies.ContentDecodePolicy(),  # azure-mgmt-resource before 26 deserialises what this leaves behind
        _one_origin(base),
        _capped_retry(),
        _authentication(base, credential, token),
        policies.CustomHookPolicy(),
    ]


def _authentication(base: str, credential: Any, token: str | None) -> Any:
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    if token is None:
        from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy

        return ARMChallengeAuthenticationPolicy(credential, f"{base}/.default")

    class StaticToken(SansIOHTTPPolicy[Any, Any]):
        """A token that was given; unlike a credential's it may go to a local http endpoint."""

        def on_request(self, request: Any) -> None:
            request.http_request.headers["Authorization"] = f"Bearer {token}"

    return StaticToken()


def _one_origin(base: str) -> Any:
    from azure.core.pipeline.policies import SansIOHTTPPolicy

    allowed = origin(base)

    class OneOrigin(SansIOHTTPPolicy[Any, Any]):
        """Refuses a request to another scheme, host or port than the configured one."""

        def on_request(self, request: Any) -> None:
            asked = origin(request.http_request.url)
            if asked != allowed:
                raise Unavailable(f"the next page lies on another host, {asked[1] or 'unreadable'}; not followed")

    return OneOrigin()


def _capped_retry() -> Any:
    from azure.core.pipeline.policies import RetryPolicy

    class CappedRetry(RetryPolicy[Any, Any]):
        """The SDK's retries; a wait longer than half a minute is cut, and then counts as one attempt."""

        def get_retry_after(self, response: Any) -> float | None:
            wait = super().get_retry_after(response)
            return None if wait is None else min(float(wait), LONGEST_WAIT)

    return CappedRetry(retry_total=RETRIES, retry_backoff_factor=0.3)


class SeenPages:
    """Called with every answer of one listing: keeps its items, and refuses what is no whole page."""

    def __init__(self) -> None:
        self.url = ""
        self.following = ""
        self._items: list[dict[str, Any]] = []
        self._asked: set[str] = set()

    def __call__(self, response: Any) -> None:
        """Check and keep one answer; errors are left to the caller.

        Raises:
            Unavailable: No JSON, no list `value`, or a page that was read before.
        """
        http = response.http_response
        self.url = http.request.url
        if http.status_code != 200:
            return
        path = urlsplit(self.url).path
        if self.url in self._asked:
            raise Unavailable(f"GET {path}: paging repeats, the answer points back to a page already read")
        self._asked.add(self.url)
        try:
            body = http.json()
        except ValueError as error:
            raise Unavailable(f"GET {path}: malformed or cut JSON answer") from error
        items = body.get("value") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise Unavailable(f"GET {path}: malformed answer, no list 'value'")
        self._items = [each for each in items if isinstance(each, dict)]
        self.following = str(body.get("nextLink") or "")

    def take(self) -> list[dict[str, Any]]:
        """The items of the answer just seen."""
        taken, self._items = self._items, []
        return taken


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port; an unreadable URL has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return parts.scheme, (parts.hostname or "").lower(), port
    except ValueError:
        return "", "", 0
