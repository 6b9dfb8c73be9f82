"""One Kafka request over a plain socket: who is in the cluster. It proves that a broker really answers.

The request is Metadata version 4, which brokers of Kafka 2.1 and newer understand; no client library is needed, so a
command that only looks starts in milliseconds.
"""

import socket
import struct
from dataclasses import dataclass
from typing import Final

from streams.loopback import HOST

METADATA_KEY: Final = 3
METADATA_VERSION: Final = 4
CORRELATION_ID: Final = 1
MAX_ANSWER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterView:
    """What one broker says: the cluster's id and, of each broker in service, node id -> client port."""

    cluster_id: str
    ports: dict[int, int]


def cluster_view(port: int, *, timeout_s: float = 2.0) -> ClusterView | None:
    """Asks the broker at this port of 127.0.0.1; None when nothing there answers as Kafka does."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
            connection.sendall(_request())
            (size,) = struct.unpack(">i", _read(connection, 4))
            if not 0 < size <= MAX_ANSWER_BYTES:
                return None
            return parse(_read(connection, size))
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def parse(answer: bytes) -> ClusterView:
    """Returns the view in a Metadata v4 answer (without its length).

    Raises:
        struct.error: the bytes are not such an answer.
    """
    correlation_id, _throttle_ms, n_brokers = struct.unpack_from(">iii", answer)
    if correlation_id != CORRELATION_ID:
        raise struct.error("not the answer to our request")
    at, ports = 12, {}
    for _ in range(n_brokers):
        (node_id,) = struct.unpack_from(">i", answer, at)
        _host, at = _string(answer, at + 4)
        (ports[node_id],) = struct.unpack_from(">i", answer, at)
        _rack, at = _string(answer, at + 4)
    cluster_id, _ = _string(answer, at)
    return ClusterView(cluster_id=cluster_id, ports=ports)


def _request() -> bytes:
    client_id = b"dallosh"
    header = struct.pack(">hhih", METADATA_KEY, METADATA_VERSION, CORRELATION_ID, len(client_id)) + client_id
    body = struct.pack(">ib", 0, 0)  # no topics, and never make one
    return struct.pack(">i", len(header) + len(body)) + header + body


def _string(data: bytes, at: int) -> tuple[str, int]:
    """Returns the string at an offset ("" for null) and the offset after it."""
    (length,) = struct.unpack_from(">h", data, at)
    end = at + 2 + max(length, 0)
    if end > len(data):
        raise struct.error("the answer is cut short")
    return data[at + 2 : end].decode(), end


def _read(connection: socket.socket, n_bytes: int) -> bytes:
    parts = bytearray()
    while len(parts) < n_bytes:
        part = connection.recv(n_bytes - len(parts))
        if not part:
            raise ConnectionError("the peer hung up")
        parts += part
    return bytes(parts)
