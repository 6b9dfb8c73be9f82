"""`python -m agents.healthcheck`: exit 0 when the worker on DALLOSH_HEALTH_PORT of this machine is ready, else 1.

The container's health check: it imports nothing of ours, for it runs every few seconds.
"""

import http.client
import os
import sys

TIMEOUT_S = 3.0


def main() -> int:
    """Asks `/ready`; what it says goes to standard output, where `docker inspect` shows it."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["DALLOSH_HEALTH_PORT"]), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        sys.stdout.write(answer.read(500).decode("utf-8", "replace"))
        return 0 if answer.status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"no answer: {type(error).__name__}\n")
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
