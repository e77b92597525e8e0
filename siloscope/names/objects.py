"""Object stores and file systems: S3, GCS, Azure Blob and Data Lake, HDFS, DBFS, shared files.

The container comes first in every key: `s3://bucket/key`, `azblob://account/container/path`.
"""

import re

from siloscope.names.context import EMPTY, Context, Parser
from siloscope.names.parts import authority, constant, host, keyless, segment

_BUCKET = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,220}[A-Za-z0-9_])?").fullmatch
_AZURE_PART = re.compile(r"\$?[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?").fullmatch
_AZURE_HOST = re.compile(
    r"([a-z0-9-]{1,63})\.(?:z\d+\.)?(?:blob|dfs|web)\.(?:core\.|storage\.)[a-z0-9.]{3,40}"
).fullmatch


def bucket(scheme: str, name: str, key: str) -> str | None:
    """`s3://bucket/key` from its two parts; the key ends where it stops being a constant."""
    if not _BUCKET(name) or ".." in name:
        return None
    key = keyless(constant(key.lstrip("/"))) if key else ""
    return f"{scheme}://{name}/{key}" if key else f"{scheme}://{name}"


def _s3(_scheme: str, rest: str, context: Context) -> str | None:
    if not rest.startswith("//"):
        return None
    rest = rest[2:]
    if rest.startswith("arn:"):
        # AWS CLI: s3://arn:aws:s3:region:account:accesspoint/name/key
        from siloscope.names.aws import arn

        head, mark, key = rest.partition("accesspoint/")
        name, _, key = key.partition("/")
        return arn("arn", f"{head[4:]}{mark}{name}" + (f"/object/{key}" if key else ""), context)
    name, _, key = rest.partition("/")
    if _BUCKET(name):
        return bucket("s3", name, key)
    if "@" in name or ":" in name:
        # Hadoop once took s3n://ACCESS_KEY:SECRET@bucket, and secrets hold slashes.
        name, _, key = rest.rpartition("@")[2].partition("/")
    if "?" in name or "#" in name or "*" in name:
        name, key = constant(name), ""
    return bucket("s3", name, key)


def _gs(_scheme: str, rest: str, _context: Context) -> str | None:
    name, _, key = rest[2:].partition("/")
    if "?" in name or "#" in name or "*" in name:
        name, key = constant(name) if "*" not in name else "", ""
    return bucket("gs", name, key) if rest.startswith("//") else None


def azure_blob(account: str, path: str) -> str | None:
    """`azblob://account/container/path`; account and container fold to lower case (Azure: both are lower case only)."""
    account = account.lower()
    if not _AZURE_PART(account) or account[0] == "$":
        return None
    container, _, key = constant(path.lstrip("/")).partition("/")
    container = container.lower()
    if not _AZURE_PART(container):
        return f"azblob://{account}"
    key = keyless(key.lstrip("/"))
    return f"azblob://{account}/{container}/{key}" if key else f"azblob://{account}/{container}"


def azure_account(name: str) -> str:
    """The storage account of a blob, data lake or static website host, "" for any other host.

    Endpoint forms, DNS zone endpoints included: learn.microsoft.com, "Storage account overview".
    """
    found = _AZURE_HOST(name)
    return found[1].removesuffix("-secondary") if found else ""


def _azblob(_scheme: str, rest: str, _context: Context) -> str | None:
    account, _, path = rest[2:].partition("/")
    return azure_blob(constant(account), path) if rest.startswith("//") else None


def _abfs(_scheme: str, rest: str, _context: Context) -> str | None:
    place, _, path = rest[2:].partition("/")
    container, at, server = place.rpartition("@")
    known = host(constant(server).partition(":")[0])
    account = azure_account(known) if known else ""
    if not rest.startswith("//") or not account:
        return None
    return azure_blob(account, f"{container}/{path}" if at else "")


def _hdfs(scheme: str, rest: str, _context: Context) -> str | None:
    # No default port: an authority without one may be a logical nameservice (HDFS high availability).
    place, _, path = rest[2:].partition("?")[0].partition("#")[0].partition("/")
    known = authority(place.rpartition("@")[2])
    if not rest.startswith("//") or not known:
        return None
    path = keyless(constant(path.lstrip("/")))
    return f"{scheme}://{known}/{path}" if path else f"{scheme}://{known}"


def _dbfs(_scheme: str, rest: str, context: Context) -> str | None:
    # dbfs:/path and dbfs:///path are relative to a workspace; OpenLineage writes dbfs://{workspace}.
    if rest.startswith("//") and not rest.startswith("///"):
        return _hdfs("dbfs", rest, context)
    return _local("dbfs", rest, context)


def _file(_scheme: str, rest: str, context: Context) -> str | None:
    if rest.startswith("//") and not rest.startswith("///"):
        return _hdfs("file", rest, context)
    return _local("file", rest, context)


def _local(scheme: str, rest: str, context: Context) -> str | None:
    """A path without an authority is a name only inside a known instance."""
    place = context.instance.partition("://")[2].partition("/")[0]
    if not place or not rest.startswith("/"):
        return None
    return _hdfs(scheme, f"//{place}/{rest.lstrip('/')}", EMPTY)


def unc(text: str) -> str | None:
    r"""`\\server\share\x` (Windows file share) as `file://server/share/x`."""
    return _hdfs("file", "//" + text.replace("\\", "/").lstrip("/"), EMPTY)


def table_path(scheme: str, place: str, *parts: str) -> str:
    """`scheme://place/part/part` for things whose parts are identifiers, each encoded as one segment."""
    return "/".join([f"{scheme}://{place}", *(identifier(part) for part in parts if part.strip())])


def identifier(text: str) -> str:
    """An identifier as a segment behind an authority; an `@` would end credentials, a `;` start properties."""
    if text.isidentifier():
        return text
    return segment(text).replace("@", "%40").replace(";", "%3B")


SCHEMES: dict[str, Parser] = {
    "s3": _s3,
    "s3a": _s3,
    "s3n": _s3,
    "gs": _gs,
    "gcs": _gs,
    "azblob": _azblob,
    "abfs": _abfs,
    "abfss": _abfs,
    "wasb": _abfs,
    "wasbs": _abfs,
    "adl": _abfs,
    "hdfs": _hdfs,
    "viewfs": _hdfs,
    "webhdfs": lambda _scheme, rest, context: _hdfs("hdfs", rest, context),
    "dbfs": _dbfs,
    "file": _file,
    "smb": lambda _scheme, rest, context: _hdfs("file", rest, context),
}
