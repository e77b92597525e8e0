"""The Airflow client: which API a server has, how one logs in, and what of its answers is never kept."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from siloscope.collectors.airflow_code import outline
from siloscope.collectors.base import Document, Listing, Scope, Trouble
from siloscope.collectors.clients.rest import Get, RestClient
from siloscope.errors import Denied, Unavailable

# What Airflow 2 calls a path of Airflow 3.
_OLDER = {
    "/api/{api}/assets": ("/api/v1/datasets", "datasets"),
    "/api/{api}/dagSources/{dag_id}": ("/api/v1/dagSources/{file_token}", ""),
}
# What is never read: code itself, secrets, and what changes from call to call.
_DROPPED = ("source", "login", "password", "file_token", "last_parse_duration", "doc_md", "params")
_KEPT = {
    "tasks": ("task_id", "operator_name", "class_ref", "downstream_task_ids", "trigger_rule"),
    "runs": ("state", "start_date", "queued_at", "logical_date"),
}
_ORDERS = {"run_after": "execution_date"}
# Fields of `extra` that name a place; everything else in it may be a secret and is dropped.
_PLACES = (
    "account",
    "bootstrap.servers",
    "database",
    "endpoint_url",
    "project",
    "region_name",
    "role_arn",
    "warehouse",
)


class AirflowClient(RestClient):
    """Asks once which API the server has, and reduces code and connection extras to what is no secret."""

    def scopes(self) -> Iterable[Scope]:
        """The one scope, with the version of the API in its data.

        Raises:
            Unavailable: Neither API answers.
        """
        api = self.api()
        return [replace(each, data={**each.data, "api": api}) for each in super().scopes()]

    def api(self) -> str:
        """`v2` (Airflow 3) or `v1` (Airflow 2)."""
        reasons = []
        for api in ("v2", "v1"):
            try:
                answer = self.request("GET", f"/api/{api}/version").json()
            except (Unavailable, ValueError) as error:
                reasons.append(str(error))
            else:
                if isinstance(answer, Mapping) and answer.get("version"):
                    return api
                reasons.append(f"/api/{api}/version: not Airflow's answer")
        raise Unavailable("; ".join(reasons))

    def items(self, call: Get, fields: Mapping[str, str]) -> Iterator[Document]:
        """Every item of `call`, as the server's version spells it."""
        if fields.get("api") == "v1":
            path, items = _OLDER.get(call.path, (call.path, call.items))
            params = {
                key: f"-{_ORDERS.get(str(value)[1:], str(value)[1:])}" if str(value).startswith("-") else value
                for key, value in call.params.items()
            }
            call = replace(call, path=path, items=items, params=params)
        yield from super().items(call, fields)

    def pages(self, listing: Listing, scope: Scope) -> Iterator[Document | Trouble]:
        """The documents, without source code, parameters and what connections keep to themselves."""
        for item in super().pages(listing, scope):
            if isinstance(item, Trouble):
                yield item
                continue
            document = {key: value for key, value in item.items() if key not in _DROPPED}
            for key, kept in _KEPT.items():
                if key in document:
                    document[key] = [_only(each, kept) for each in document[key]]
            if "source" in item:
                document["code"] = outline(_content(item["source"]), scope.context)
            if "extra" in item:
                document["extra"] = _harmless(item["extra"])
            yield document


def _only(row: Any, keys: tuple[str, ...]) -> Any:
    return {key: row[key] for key in keys if key in row} if isinstance(row, Mapping) else row


def _content(rows: Any) -> str:
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("content") or "") if isinstance(first, Mapping) else ""


def _harmless(extra: Any) -> dict[str, str]:
    try:
        value = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        return {}
    if not isinstance(value, Mapping):
        return {}
    short = {str(key).rpartition("__")[2]: each for key, each in value.items()}
    return {key: str(short[key]) for key in _PLACES if isinstance(short.get(key), str | int)}


def login(user: str, password: str | None) -> Callable[[RestClient], Mapping[str, str]]:
    """How to get a token, as the server's version wants it.

    Airflow 3 exchanges user and password at `POST /auth/token`; Airflow 2 has no such route and takes basic
    authentication. Without a user, `GET /auth/token` gives a token where everyone is an administrator.
    """

    def headers(client: RestClient) -> Mapping[str, str]:
        body = {"username": user, "password": password} if password else None
        try:
            answer = client.request("POST" if body else "GET", "/auth/token", json=body).json()
            return {"Authorization": f"Bearer {answer['access_token']}"}
        except (Unavailable, ValueError, KeyError, TypeError):
            if not password:
                return {}
            return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
        except Denied:
            if password:
                raise
            return {}

    return headers
