"""What only a server of one's own settings shows: too little memory for a commit, and TLS with a certificate nobody signed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from siloscope.errors import StoreError
from siloscope.graph import neo4j_commit, neo4j_link
from siloscope.graph.build import Settings, build
from siloscope.graph.store import open_store
from siloscope.model import Observation, Reference, Verb
from tests.servers import load
from tests.servers.fixtures import running
from tests.servers.neo4j import Neo4j
from tests.test_neo4j_commit import AT, LATER, SERVER, jobs, scan

SETTINGS = """
dbms.memory.transaction.total.max=12m
server.bolt.tls_level=OPTIONAL
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.client_auth=NONE
dbms.ssl.policy.bolt.base_directory={folder}
dbms.ssl.policy.bolt.private_key=private.key
dbms.ssl.policy.bolt.public_certificate=public.crt
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4j]:
    """A server with 12 MB for all its transactions together, and a certificate that it signed itself."""
    if os.environ.get("NEO4J_URI"):
        pytest.skip("a server of such settings is started by the test itself, not given by NEO4J_URI")
    folder = tmp_path_factory.mktemp("tls")
    certify(folder)
    for server in running(load("neo4j")(settings=SETTINGS.format(folder=folder))):
        assert isinstance(server, Neo4j)
        yield server


def certify(folder: Path) -> None:
    """A private key and a certificate signed with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "private.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "public.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def url(server: Neo4j, scheme: str) -> str:
    return f"{scheme}://{server.user}@{server.url.partition('://')[2]}/neo4j?estate={scheme.replace('+', '-')}"


@SERVER
@pytest.mark.parametrize("scheme", ["bolt+ssc", "neo4j+ssc"])
def test_a_certificate_that_nobody_signed_is_taken_when_told_so(own: Neo4j, scheme: str) -> None:
    """Encrypted, and everything works."""
    store = open_store(url(own, scheme), own.password)
    scan(store, jobs("a"))
    assert [each.name for each in store.graph().assets] == ["a"]
    assert store._link.driver.encrypted
    store.close()


@SERVER
@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_a_certificate_that_nobody_signed_is_refused_otherwise(own: Neo4j, scheme: str) -> None:
    """In one line, without the password."""
    with pytest.raises(StoreError, match=r"cannot be reached|certificate") as error:
        open_store(url(own, scheme), own.password)
    assert "\n" not in str(error.value)
    assert own.password not in str(error.value)


@SERVER
def test_a_server_of_little_memory_takes_a_commit_of_any_size(own: Neo4j) -> None:
    """Portions that are too large for it are halved, and the graph is the one that a large server would hold."""
    items: list[Observation] = jobs(*(f"{n:05}" for n in range(1_500)))
    items += [Reference(f"glue://1/{n:05}", Verb.READS, f"glue://1/{n // 2:05}", "in") for n in range(1, 1_500)]
    store = open_store(url(own, "bolt"), own.password)
    sizes: list[int] = []
    original = neo4j_commit._cut

    def noting(operations: list[Any], size: int) -> Any:
        sizes.append(size)
        return original(operations, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neo4j_commit, "_cut", noting)
        scan(store, items)
    assert sizes[0] == neo4j_link.ROWS
    assert sizes[-1] < 5_000, "the server had memory enough, so nothing was tried"
    graph = store.graph()
    assert (len(graph.assets), len(graph.edges)) == (1_500, 1_499)
    assert graph == build(store.live(), store.slices(), Settings(), AT, AT)
    scan(store, jobs("00000"), LATER)
    assert [each.name for each in store.graph().assets] == ["00000"]
