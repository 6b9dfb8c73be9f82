"""The one request that proves that a broker answers."""

import socket
import struct
import threading

import pytest

from streams.kafka.embedded_probe import ClusterView, cluster_view, parse


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def answer(*, correlation_id: int = 1) -> bytes:
    brokers = b"".join(
        struct.pack(">i", i) + text("127.0.0.1") + struct.pack(">i", 20_000 + i) + b"\xff\xff" for i in (1, 2)
    )
    return struct.pack(">iii", correlation_id, 0, 2) + brokers + text("cluster-x") + struct.pack(">ii", 1, 0)


def test_an_answer_is_read() -> None:
    assert parse(answer()) == ClusterView(cluster_id="cluster-x", ports={1: 20_001, 2: 20_002})


@pytest.mark.parametrize("n_bytes", [0, 5, 20, 40, 60])
def test_an_answer_cut_short_is_no_view(n_bytes: int) -> None:
    with pytest.raises(struct.error):
        parse(answer()[:n_bytes])


def test_an_answer_to_another_request_is_no_view() -> None:
    with pytest.raises(struct.error):
        parse(answer(correlation_id=7))


def test_a_server_that_is_not_kafka_is_no_view() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"-ERR unknown command\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        assert cluster_view(server.getsockname()[1]) is None
        thread.join()


def test_nobody_there_is_no_view() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert cluster_view(port) is None
