"""Brokers: Kafka, AMQP, MQTT, NATS; the topic or queue follows the server.

A Kafka cluster has many bootstrap hosts and no address of its own: its key is the smallest of the spelled hosts,
and `kafka_aliases` gives every one, so that lists which share a host can be united.
"""

import re
from collections.abc import Iterable

from siloscope.names.context import Context, Parser
from siloscope.names.objects import identifier
from siloscope.names.parts import authority, constant, place_and_path, plain, split_port

_PORTS = {"kafka": 9092, "amqp": 5672, "amqps": 5671, "mqtt": 1883, "mqtts": 8883, "nats": 4222, "pulsar": 6650}
_SCHEMES = {"amqps": "amqp", "mqtts": "mqtt", "ssl": "kafka", "pulsar+ssl": "pulsar"}
_PROPERTY = re.compile(
    r"\s*[\"']?(?:kafka[._])?bootstrap[._-]?servers?[\"']?\s{0,3}[=:]\s{0,3}[\"']?([^\"'\s]{3,4000})", re.IGNORECASE
)
_PROTOCOL = re.compile(r"^(?:[A-Za-z0-9_]{2,24}://)")
KAFKA_PORTS = frozenset({"9092", "9093", "9094", "9096", "9098", "9192", "9194", "9198"})


def kafka_aliases(servers: str | Iterable[str]) -> tuple[str, ...]:
    """`kafka://host:port` for each bootstrap server of a list, sorted; the first is the cluster's key.

    Takes `b2:9092,b1:9092`, `PLAINTEXT://b1:9092`, `bootstrap.servers=...` or an iterable of such.
    """
    text = servers if isinstance(servers, str) else ",".join(servers)
    found = _PROPERTY.match(text)
    return _hosts(found[1] if found else text)


def _hosts(text: str) -> tuple[str, ...]:
    hosts = set()
    for each in text[:65536].split(","):
        bare = _PROTOCOL.sub("", each.strip().strip("\"'[]")).partition("/")[0].rpartition("@")[2]
        try:
            known = authority(bare, 9092) if bare else None
        except ValueError:
            known = None
        if known:
            hosts.add(f"kafka://{known}")
    return tuple(sorted(hosts))


def _kafka(_scheme: str, rest: str, _context: Context) -> str | None:
    if not rest.startswith("//"):
        return None
    from siloscope.names.azure import is_service_bus, service_bus

    where, path = place_and_path(rest[2:])
    topic = constant(path)
    first = split_port(where.partition(",")[0])[0].lower()
    if is_service_bus(first):
        # Event Hubs speaks Kafka on port 9093: the topic is the event hub.
        return service_bus(first, topic)
    known = _hosts(where)
    if not known:
        return None
    return f"{known[0]}/{identifier(plain(topic))}" if topic else known[0]


def bootstrap(text: str, engine: str) -> str | None:
    """A `bootstrap.servers` property, or a bare list on Kafka's ports or of a known engine."""
    found = _PROPERTY.match(text)
    if found:
        return _kafka("kafka", "//" + ",".join(_PROTOCOL.sub("", one) for one in found[1].split(",")), Context())
    parts = [_PROTOCOL.sub("", one.strip()) for one in text.split(",")]
    ports = [split_port(one)[1] for one in parts]
    if engine == "kafka" or (parts and all(port in KAFKA_PORTS for port in ports)):
        return _kafka("kafka", "//" + ",".join(parts), Context()) if " " not in "".join(parts) else None
    return None


def _broker(scheme: str, rest: str, _context: Context) -> str | None:
    """`amqp://host:5672/vhost`, `mqtt://host:1883/topic`; MQTT wildcards (`+`, `#`) end the topic."""
    if not rest.startswith("//"):
        return None
    where, path = place_and_path(rest[2:])
    hosts = sorted(each for each in (authority(one, _PORTS[scheme]) for one in where.split(",")) if each)
    if not hosts:
        return None
    path = constant(path)
    if scheme.startswith("mqtt") and "+" in path:
        path = path[: path.index("+")].rstrip("/ ")
    base = f"{_SCHEMES.get(scheme, scheme)}://{hosts[0]}"
    return f"{base}/{path}" if path else base


SCHEMES: dict[str, Parser] = {
    "kafka": _kafka,
    "plaintext": _kafka,
    "sasl_ssl": _kafka,
    "sasl_plaintext": _kafka,
    "ssl": _kafka,
    **dict.fromkeys(("amqp", "amqps", "mqtt", "mqtts", "nats", "pulsar"), _broker),
}
SCHEMES["pulsar+ssl"] = lambda _scheme, rest, context: _broker("pulsar", rest, context)
