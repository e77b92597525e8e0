"""How the azure collector calls: pages, hosts, denials, throttling, sign-in, against a local Resource Manager."""

import json
import os
import sys
from collections import defaultdict
from typing import Any

import pytest

from siloscope.collectors import collector
from siloscope.collectors.azure import connect
from siloscope.collectors.base import Taken, scan
from siloscope.collectors.clients import arm_policies
from siloscope.collectors.clients.arm import ArmClient
from siloscope.config import Secret, Source
from siloscope.errors import ConfigError
from siloscope.model import Asset, Status, Visibility
from tests.azure_estate import estate
from tests.azure_rows import ML, SECRET, S
from tests.record_cloud import source
from tests.servers.fake_arm import FakeArm

COLLECTOR = collector("azure")


def scanned(arm: FakeArm, *only: str, **options: Any) -> dict[tuple[str, str], Taken]:
    """Every slice of a scan of `arm` (of the services `only`), by listing and the end of its scope."""
    chosen = {"services": ["azure", *only]} if only else {}
    one = source("azure", "contoso", options={"endpoint_url": arm.url, **chosen, **options})
    client = connect(one)
    try:
        return {(each.slice.listing, each.slice.scope[-4:]): each for each in scan(COLLECTOR, one, client)}
    finally:
        client.close()


def test_every_listing_with_children_is_read_over_at_least_three_pages() -> None:
    with FakeArm(estate(), page_size=1) as arm:
        taken = scanned(arm)
    pages: dict[str, int] = defaultdict(int)
    for path in arm.requests:
        pages[path.partition("?")[0].lower()] += 1
    assert taken["azure.resource", "0001"].slice.status is Status.COMPLETE
    for end in (
        "/subscriptions",
        "/resources",
        "/deployments",
        "/versions",
        "/datasets",
        "/containers",
        "/queues",
        "/databases",
    ):
        assert max(count for path, count in pages.items() if path.endswith(end)) >= 3, end


def test_the_sweep_sees_every_resource_that_the_official_sdk_sees() -> None:
    """An independent reader of the same server: what the vendor's own models make of it is what we found."""
    from azure.core.pipeline.policies import SansIOHTTPPolicy
    from azure.mgmt.resource.resources import ResourceManagementClient

    class Token(SansIOHTTPPolicy):
        def on_request(self, request: Any) -> None:
            request.http_request.headers["Authorization"] = "Bearer x"

    with FakeArm(estate()) as arm:
        sdk = ResourceManagementClient(object(), S, base_url=arm.url, authentication_policy=Token())  # type: ignore[arg-type]
        theirs = {each.id.lower(): each for each in sdk.resources.list(expand="createdTime")}
        one = sdk.resources.get_by_id(ML, api_version="2024-10-01")
        ours = {
            each.id: each
            for each in scanned(arm, "azure")["azure.resource", "0001"].observations
            if isinstance(each, Asset)
        }
    assert theirs.keys() == ours.keys()
    assert {key: each.created_time.strftime("%Y-%m-%dT%H:%M:%SZ") for key, each in theirs.items()} == {
        key: each.created for key, each in ours.items()
    }
    assert one.properties["friendlyName"] == "Risk ML"


def test_a_next_link_to_another_host_is_refused_before_the_token_is_sent() -> None:
    """azure-core by itself follows it with the Authorization header."""
    with FakeArm({"subscriptions": []}) as other:

        def elsewhere(path: str, body: bytes) -> bytes:
            if "/resources?" in path or "/workspaces?" in path:
                answer = json.loads(body)
                answer["nextLink"] = f"{other.url}{path}"
                return json.dumps(answer).encode()
            return body

        with FakeArm(estate(), change=elsewhere, page_size=50) as arm:
            taken = scanned(arm, "azureml.workspace")
    for listing in ("azure.resource", "azureml.workspace"):
        ended = taken[listing, "0001"].slice
        assert ended.status is Status.PARTIAL
        assert "another host" in ended.reason
    assert other.requests == []


def test_a_next_link_that_points_back_ends_the_listing_instead_of_looping() -> None:
    def loop(path: str, body: bytes) -> bytes:
        answer = json.loads(body)
        if "/resources?" in path:
            answer["nextLink"] = f"{arm.url}{path}"
        return json.dumps(answer).encode()

    with FakeArm(estate(), change=loop, page_size=50) as arm:
        ended = scanned(arm, "azure", subscriptions=[S])["azure.resource", "0001"].slice
    assert ended.status is Status.PARTIAL
    assert "paging repeats" in ended.reason


@pytest.mark.parametrize("lie", [b'{"value": [', b"{}", b"<html>sign in</html>", b'{"value": {}}', b"[]"])
def test_an_answer_without_a_whole_list_is_never_read_as_empty(lie: bytes) -> None:
    with FakeArm(estate(), change=lambda path, body: lie if "/resources?" in path else body) as arm:
        ended = scanned(arm, "azure", subscriptions=[S])["azure.resource", "0001"].slice
    assert ended.status is Status.FAILED
    assert "malformed" in ended.reason


def test_a_denied_provider_names_the_action_that_azure_names_and_spoils_no_other() -> None:
    denied = "Microsoft.KeyVault/vaults/read"
    with FakeArm(estate(), denied=[denied]) as arm:
        taken = scanned(arm, "key-vault", "azure-storage.account")
    ended = taken["key-vault.vault", "0001"].slice
    assert (ended.status, ended.permission) == (Status.DENIED, denied)
    assert taken["azure-storage.account", "0001"].slice.status is Status.COMPLETE


def test_denied_children_make_a_slice_partial_and_keep_what_was_seen() -> None:
    denied = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments/read"
    with FakeArm(estate(), denied=[denied]) as arm:
        taken = scanned(arm, "azureml.endpoint")["azureml.endpoint", "0001"]
    assert (taken.slice.status, taken.slice.permission) == (Status.PARTIAL, denied)
    assert taken.slice.assets == 2


def test_a_denied_sweep_is_denied_with_its_permission_and_not_an_empty_subscription() -> None:
    read = "Microsoft.Resources/subscriptions/resources/read"
    with FakeArm(estate(), denied=[read, read.replace("resources/", "resourceGroups/")]) as arm:
        taken = scanned(arm, subscriptions=[S])
    assert list(taken) == [("azure.resource", "0001")]
    ended = taken["azure.resource", "0001"].slice
    assert (ended.status, ended.permission) == (Status.DENIED, read)


def test_groups_that_may_not_be_read_cost_their_tags_and_nothing_else() -> None:
    denied = "Microsoft.Resources/subscriptions/resourceGroups/read"
    with FakeArm(estate(), denied=[denied]) as arm:
        taken = scanned(arm, "azure", subscriptions=[S])["azure.resource", "0001"]
    assert (taken.slice.status, taken.slice.permission) == (Status.PARTIAL, denied)
    assert taken.slice.assets > 20


def test_a_subscription_that_does_not_exist_fails_by_name() -> None:
    with FakeArm(estate()) as arm:
        ended = scanned(arm, "azure", subscriptions=[S[:-1] + "9"])["azure.resource", "0009"].slice
    assert ended.status is Status.FAILED
    assert "SubscriptionNotFound" in ended.reason


def test_throttling_is_waited_for_and_a_long_wait_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arm_policies, "LONGEST_WAIT", 0.01)
    with FakeArm(estate(), busy={"/resources": 3600, "/workspaces": 3600}) as arm:
        taken = scanned(arm, "azureml.workspace")
    assert {each.slice.status for each in taken.values()} == {Status.COMPLETE}
    assert arm.busy == {}


def test_sight_is_all_only_with_a_role_that_reads_everything() -> None:
    """ARM leaves out what a principal may not read; a complete list may still be a part."""
    for actions, expected in (
        (["*/read"], Visibility.ALL),
        (["Microsoft.Sql/*"], Visibility.FILTERED),
        ([], Visibility.FILTERED),
    ):
        with FakeArm(estate(), actions=actions) as arm:
            assert scanned(arm, "azure", subscriptions=[S])["azure.resource", "0001"].slice.visibility is expected


def test_the_principal_is_named_by_the_token_and_the_token_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from base64 import urlsafe_b64encode

    claims = urlsafe_b64encode(json.dumps({"appid": "reader-app"}).encode()).decode().rstrip("=")
    monkeypatch.setenv("ARM_TOKEN", f"eyJhbGciOiJub25lIn0.{claims}.c2ln")
    with FakeArm(estate()) as arm:
        taken = scanned(arm, "azure", subscriptions=[S], token=Secret("env:ARM_TOKEN"))
    assert {each.slice.principal for each in taken.values()} == {"app reader-app"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"endpoint_url": "http://127.0.0.1:1"}, "http endpoint_url"),
        ({"authority": "login.example"}, "endpoint_url"),
        ({"subscriptions": "one"}, "list"),
        ({"client_secret": Secret("env:SILOSCOPE_TEST_TOKEN")}, "tenant_id"),
    ],
)
def test_options_that_do_not_fit_are_told(options: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILOSCOPE_TEST_TOKEN", "x")
    with pytest.raises(ConfigError, match=says):
        connect(Source("a", "azure", options=options))


def test_sovereign_clouds_are_reached_by_their_authority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILOSCOPE_TEST_TOKEN", "x")
    options = {"token": Secret("env:SILOSCOPE_TEST_TOKEN"), "authority": "https://login.microsoftonline.us"}
    assert connect(Source("a", "azure", options=options)).base == "https://management.usgovcloudapi.net"  # type: ignore[attr-defined]


def test_the_module_is_imported_without_the_sdk() -> None:
    import subprocess

    code = "import sys, siloscope.collectors.azure; sys.exit(any(m.startswith('azure.') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0


class NoLogin:
    """A credential that nobody granted anything."""

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        from azure.core.exceptions import ClientAuthenticationError

        raise ClientAuthenticationError(message=f"AADSTS7000215: Invalid client secret {SECRET}")


def test_a_refused_sign_in_is_denied() -> None:
    one = source("azure", "contoso", options={"subscriptions": [S]})
    client = ArmClient("https://127.0.0.1:9", credential=NoLogin(), subscriptions=[S])
    (taken,) = scan(COLLECTOR, one, client)
    assert taken.slice.status is Status.DENIED
    assert "ClientAuthenticationError" in taken.slice.reason or "AADSTS" in taken.slice.reason
