"""A receiver of webhooks. Python 3.9 or newer, standard library only.

    WEBHOOK_SECRET='whsec_...' PORT=8080 python3 receiver.py

Several secrets are separated by spaces: the old and the new one during a rotation. The standard library has no ed25519,
so this one verifies v1 only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1_000_000


def is_genuine(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> bool:
    """Whether a message was sent by the fleet, lately, and is as it was sent.

    body: the bytes as they came, before they are parsed.
    """
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "")
    # A message that somebody has kept is not believed for ever.
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(each.encode(), expected.encode()) for each in signatures.split(" ")):
            return True
    return False


SECRETS = os.environ.get("WEBHOOK_SECRET", "").split()
# Ids of messages that were taken already. Keep them where they outlive the process, for as long as retries last.
taken: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        if length > MAX_BODY_BYTES:
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_genuine(self.headers, body, SECRETS):
            return self.answer(401)
        message_id = self.headers["webhook-id"]
        if message_id not in taken:
            event = json.loads(body)
            # Store or queue it here: what is answered with 2xx is not sent again.
            print(event["id"], event["type"], event.get("sequence", "-"), flush=True)
            taken.add(message_id)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing of each request."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
    print("listening on", server.server_port, flush=True)
    server.serve_forever()
