"""Reads, waits for and follows the sync. Python 3.9 or newer, standard library only.

    python3 sync_status.py http://127.0.0.1:3000 status
    python3 sync_status.py http://127.0.0.1:3000 wait --timeout 60
    FLEET_API_KEY=your-key python3 sync_status.py http://127.0.0.1:3000 follow
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Iterator


class SyncFailed(Exception):
    """The latest sync failed; the message says why."""


def read_sync_status(base_url: str) -> dict[str, Any]:
    """The whole status. Public: it needs no key."""
    with urllib.request.urlopen(f"{base_url}/api/v1/sync/status", timeout=10) as response:
        return json.load(response)


def wait_for_sync(base_url: str, timeout: float = 300, every: float = 1) -> dict[str, Any]:
    """Polls until a sync has completed and returns its status.

    Raises SyncFailed when it fails, TimeoutError after so many seconds, and OSError when the API cannot be reached.
    """
    deadline = time.monotonic() + timeout
    while True:
        status = read_sync_status(base_url)
        print(progress_line(status), file=sys.stderr)
        if status["status"] == "completed":
            return status
        if status["status"] == "failed":
            raise SyncFailed(status.get("error", "no reason was given"))
        if time.monotonic() + every > deadline:
            raise TimeoutError(f"no sync has completed within {timeout:g} s")
        time.sleep(every)


def sync_of_response(headers: Any) -> dict[str, str]:
    """What the headers of any answer of the API say of the sync, such as {"status": "in_progress", "progress": "6/9"}."""
    prefix = "x-sync-"
    return {name.lower()[len(prefix) :]: value for name, value in headers.items() if name.lower().startswith(prefix)}


def follow_sync(base_url: str, key: str, last_event_id: str | None = None) -> Iterator[tuple[str | None, str, dict]]:
    """Yields (id, event, data): the present status first, then every step of every sync.

    A lost connection is made again and goes on after the last event that was received. An event "reset" says that some are
    missing in between; it has no status, and "sync.status" follows it.
    """
    wait = 1.0
    while True:
        headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        request = urllib.request.Request(f"{base_url}/api/v1/sync/events", headers=headers)
        try:
            # The API sends a comment every 15 seconds, so that silence means a dead connection.
            with urllib.request.urlopen(request, timeout=60) as response:
                for event_id, event, data in _events_of(response):
                    wait = 1.0
                    last_event_id = event_id if event_id is not None else last_event_id
                    yield event_id, event, json.loads(data)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                raise
        except OSError:
            pass
        time.sleep(wait)
        wait = min(2 * wait, 30)


def _events_of(lines: Any) -> Iterator[tuple[str | None, str, str]]:
    event_id, event, data = None, "message", ""
    for raw in lines:
        line = raw.decode("utf-8").rstrip("\r\n")
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                yield event_id, event, data
            event_id, event, data = None, "message", ""
        elif field == "id":
            event_id = value
        elif field == "event":
            event = value
        elif field == "data":
            data += value


def progress_line(status: dict[str, Any]) -> str:
    line = f"{status['status']} {status['syncedResources']}/{status['totalResources']}"
    if "currentResource" in status:
        line += f" {status['currentResource']}"
    if "estimatedRemainingSeconds" in status:
        line += f", about {status['estimatedRemainingSeconds']} s to go"
    if "held" in status:
        line += f", held: {status['held']['reason']}"
    return line


def main() -> int:
    parser = argparse.ArgumentParser(description="Reads, waits for and follows the sync.")
    parser.add_argument("url")
    parser.add_argument("what", choices=["status", "headers", "wait", "follow"])
    parser.add_argument("--timeout", type=float, default=300, help="seconds to wait")
    arguments = parser.parse_args()
    try:
        if arguments.what == "status":
            print(json.dumps(read_sync_status(arguments.url), indent=2))
        elif arguments.what == "headers":
            with urllib.request.urlopen(f"{arguments.url}/api/v1/health", timeout=10) as response:
                print(json.dumps(sync_of_response(response.headers)))
        elif arguments.what == "wait":
            print(progress_line(wait_for_sync(arguments.url, arguments.timeout)))
        else:
            for event_id, event, data in follow_sync(arguments.url, os.environ["FLEET_API_KEY"]):
                print(event_id, event, progress_line(data["status"]) if "status" in data else "", flush=True)
    except SyncFailed as error:
        print(f"the sync failed: {error}", file=sys.stderr)
        return 1
    except TimeoutError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"the API cannot be used: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
