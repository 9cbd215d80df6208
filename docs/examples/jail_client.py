"""Both ways with a booking station: say who was booked in, ask what became of them. Standard library only; take it and change it.

    LIVESCAN_TOKEN=lsp_… python jail_client.py arrive arrival.json
    LIVESCAN_TOKEN=lsp_… python jail_client.py state 2026-004711
    LIVESCAN_TOKEN=lsp_… python jail_client.py watch
    LIVESCAN_TOKEN=lsp_… python jail_client.py release 2026-004711

It asks http://localhost:8440, or what LIVESCAN_URL says.
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

URL = os.environ.get("LIVESCAN_URL", "http://localhost:8440")


def ask(method, path, body=None, key=None, timeout=30):
    headers = {"Authorization": f"Bearer {os.environ['LIVESCAN_TOKEN']}", "Content-Type": "application/json"}
    if key:
        headers["Idempotency-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(URL + path, data, headers, method=method), timeout=timeout)


def arrive(path):
    """The key is made of the file, so running this twice, or again after a lost answer, books nobody twice."""
    raw = Path(path).read_bytes()
    with ask("POST", "/api/v1/bookings", json.loads(raw), hashlib.sha256(raw).hexdigest()) as answer:
        said = json.load(answer)
    print(f"{said['booking_number']}: {said['words']}")
    for one in said["to_mend"]:
        print(f"  still to be mended: {one['field']}: {one['sentence']}")


def state(number):
    with ask("GET", "/api/v1/bookings/" + urllib.parse.quote(number)) as answer:
        print(json.dumps(json.load(answer), indent=1))


def release(number):
    with ask("POST", f"/api/v1/bookings/{urllib.parse.quote(number)}/release", {}) as answer:
        print(json.dumps(json.load(answer)))


def watch():
    """Each event is a nudge to look; the list is the truth."""
    with ask("GET", "/api/v1/events", timeout=60) as answer:
        for line in answer:
            if line.startswith(b"event: ") and line.strip() != b"event: listening":
                with ask("GET", "/api/v1/bookings") as listed:
                    for one in json.load(listed)["bookings"]:
                        print(f"{one['booking_number']}: {one['words']}", flush=True)


def main():
    commands = {"arrive": arrive, "state": state, "release": release, "watch": watch}
    try:
        commands[sys.argv[1]](*sys.argv[2:])
    except (KeyError, IndexError, TypeError):
        sys.exit(__doc__)
    except urllib.error.HTTPError as refused:
        said = json.load(refused)
        sys.exit(
            " ".join([said["what"], said["means"], said["do"], *(f"{one['field']}: {one['sentence']}." for one in said.get("errors", []))])
        )
    except OSError as error:
        sys.exit(f"The station does not answer at {URL}: {error}. Nothing is lost: run the same command again.")


if __name__ == "__main__":
    main()
