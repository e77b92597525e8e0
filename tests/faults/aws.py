"""How faults look to the AWS collector: in the wire format of each service, in front of moto."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from siloscope.collectors.aws import COLLECTOR
from siloscope.collectors.base import Listing
from siloscope.collectors.clients.boto_calls import BotoDetail
from tests.aws_estate import HOME
from tests.aws_pages import bare, cbor, client_of, encoded, operation_model, pages
from tests.faults.matrix import DENIED, EMPTY, ERROR, GARBAGE, OTHER, PAGE, THROTTLED, TOKEN
from tests.servers.proxy import Answer, Request

REGION = "eu-west-1"
LISTINGS = {each.name: each for each in COLLECTOR.listings}
# Which listing opens the scopes of another.
OPENS = {"glue.database": ("glue.table",), "eventbridge.bus": ("eventbridge.rule",)}
HTML = b"<html><head><title>Sign in</title></head><body><p>Sign in to the guest network.</p></body></html>"
_ERRORS = {
    DENIED: ("AccessDeniedException", "AccessDenied", 403),
    ERROR: ("InternalServerError", "InternalError", 500),
    THROTTLED: ("ThrottlingException", "Throttling", 400),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of AWS: which requests ask for it, and what a fault answers in its wire format."""

    listing: Listing
    model: Any

    @property
    def protocol(self) -> str:
        """`json`, `rest-json`, `query`, `rest-xml`, `smithy-rpc-v2-cbor` ..."""
        return str(self.model.service_model.resolved_protocol)

    def asks(self, request: Request) -> bool:
        """Whether a request is this operation."""
        if request.service != self.model.service_model.signing_name:
            return False
        if request.operation:
            return bool(request.operation == self.model.name)
        if "/operation/" in request.path:
            return request.path.endswith(f"/operation/{self.model.name}")
        path = self.model.http["requestUri"].partition("?")[0].rstrip("/")
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))
        return bool(request.method == self.model.http["method"] and re.fullmatch(pattern, request.path.rstrip("/")))

    def answer(self, fault: str) -> Answer:
        """What stands in the place of the real answer."""
        if fault in _ERRORS:
            return self._error(*_ERRORS[fault])
        if fault == PAGE:
            return Answer(200, HTML, {"Content-Type": "text/html"})
        if fault in (TOKEN, EMPTY):
            return pages(bare(self.listing), 2 if fault == TOKEN else 1, 0)[0]
        return {GARBAGE: self._garbage, OTHER: self._other}[fault]()

    def _error(self, code: str, xml: str, status: int) -> Answer:
        if "cbor" in self.protocol:
            return self._cbor(status, cbor({"__type": f"com.amazonaws#{code}", "message": "no"}))
        if "json" in self.protocol:
            return Answer(status, json.dumps({"__type": code, "message": "no"}).encode(), {"x-amzn-ErrorType": code})
        error = f"<Error><Code>{xml}</Code><Message>no</Message></Error>"
        body = error if self.protocol == "rest-xml" else f"<ErrorResponse>{error}</ErrorResponse>"
        return Answer(status, body.encode(), {"Content-Type": "text/xml"})

    def _garbage(self) -> Answer:
        if "cbor" in self.protocol:
            return self._cbor(200, b"\xbf\x7f\x01")
        return Answer(200, b'{"a": [oops' if "json" in self.protocol else b"<Answer><Unclosed></Answer>")

    def _other(self) -> Answer:
        if "cbor" in self.protocol:
            return self._cbor(200, cbor({"message": "down for maintenance"}))
        if "json" in self.protocol:
            return Answer(200, b'{"message": "down for maintenance"}')
        body = b"<maintenance><message>down for maintenance</message></maintenance>"
        return Answer(200, body, {"Content-Type": "text/xml"})

    @staticmethod
    def _cbor(status: int, body: bytes) -> Answer:
        return Answer(status, body, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"})


def enumerating(name: str) -> list[Call]:
    """The one call that a listing lists with."""
    return [Call(LISTINGS[name], operation_model(LISTINGS[name]))]


def describing(name: str) -> list[Call]:
    """The calls that a listing asks about its items."""
    listing = LISTINGS[name]
    client = client_of(listing.call.service)
    return [
        Call(listing, client.meta.service_model.operation_model(client.meta.method_to_api_mapping[each]))
        for each in _operations(listing.call.details)
    ]


def who() -> Call:
    """The question who asks, before anything is listed."""
    client = client_of("sts")
    return Call(LISTINGS["s3.bucket"], client.meta.service_model.operation_model("GetCallerIdentity"))


def _operations(details: Iterable[BotoDetail]) -> Iterable[str]:
    for each in details:
        yield each.operation
        yield from _operations(each.details)


# What moto 5.2.5 lacks, answered in its place: (list or describe, what is there at all times, what gets deleted).
def lacking(deleted: Callable[[], bool]) -> Callable[[Request], Answer | None]:
    """Answers for the operations that moto has not; `deleted` says whether the doomed items are gone."""
    groups = LISTINGS["sagemaker.feature-group"]
    listed = operation_model(groups)
    described = describing("sagemaker.feature-group")[0].model
    empty = {
        "ListAgentActionGroups": "actionGroupSummaries",
        "ListAgentKnowledgeBases": "agentKnowledgeBaseSummaries",
        "ListDataSources": "dataSourceSummaries",
    }
    calls = [each for name in ("bedrock.agent", "bedrock.knowledge-base") for each in describing(name)]

    def group(name: str) -> dict[str, Any]:
        arn = f"arn:aws:sagemaker:{REGION}:{HOME}:feature-group/{name}"
        return {"FeatureGroupName": name, "FeatureGroupArn": arn, "CreationTime": 1767225600}

    def answer(request: Request) -> Answer | None:
        if request.operation == listed.name:
            names = ("churn",) if deleted() else ("churn", "doomed")
            return encoded(listed, {groups.call.items: [group(each) for each in names]})
        if request.operation == described.name:
            name = json.loads(request.body)["FeatureGroupName"]
            definitions = [{"FeatureName": "age", "FeatureType": "Integral"}]
            return encoded(
                described, {**group(name), "FeatureDefinitions": definitions, "RecordIdentifierFeatureName": "id"}
            )
        for call in calls:
            if call.model.name in empty and call.asks(request):
                return encoded(call.model, {empty[call.model.name]: []})
        return None

    return answer
