"""Stands in for a worker: `/ready` on DALLOSH_HEALTH_PORT, SIGTERM ends it, FAKE_WORKER says how it misbehaves."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        crashes = os.environ.get("FAKE_WORKER") == "crash"
        self.send_response(503 if crashes else 200)
        self.end_headers()
        self.wfile.write(b"waiting for partitions\n" if crashes else b"3 partitions\n")
        if crashes:  # as one that fails on its first block: begun, never ready
            os._exit(1)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    how = os.environ.get("FAKE_WORKER", "")
    if how.startswith("exit "):
        print("the last words", file=sys.stderr)
        sys.exit(int(how.removeprefix("exit ")))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, signal.SIG_IGN if how == "stubborn" else lambda *_: stop.set())
    server = HTTPServer(("127.0.0.1", int(os.environ["DALLOSH_HEALTH_PORT"])), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"event": "started", "worker_id": os.environ["DALLOSH_WORKER_ID"]}), flush=True)
    stop.wait()
    server.shutdown()


if __name__ == "__main__":
    main()
