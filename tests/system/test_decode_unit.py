"""The decoder of images from outside in a booted machine: the core reaches it, and whoever takes it over reaches nothing.

`make test-system`. Debian packages: mmdebstrap, systemd-container; as root.
"""

from __future__ import annotations

import base64
import io
import json
import shlex
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.system.booth import BOOK, PYTHON
from tests.system.machine import Machine

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), pytest.mark.xdist_group("machine")]

SOCKET, DROP_IN = "livescan-decode.socket", "etc/systemd/system/livescan-decode@.service.d"
ATTACK = Path(__file__).resolve().parent / "decode_attack.py"
ASK = """
import asyncio, json, logging, sys
from pathlib import Path
from agent.decoding.desk import Decoder
from agent.decoding.wire import FINGER
from agent.workers import Workers

async def ask(decoder, image):
    try:
        pixels = await decoder.grey(image, FINGER)
        return [*pixels.shape, int(pixels.flat[0])]
    except Exception as error:
        return type(error).__name__

async def all_of(images):
    decoder = Decoder(Workers(1), Path("/run/livescan/decode.sock"))
    return {name: await ask(decoder, bytes.fromhex(image)) for name, image in images.items()}

print(json.dumps(asyncio.run(all_of(json.loads(sys.argv[1])))))
"""
PHOTO = """
import base64, json, sys
from pathlib import Path
from agent.web.client import CoreClient
core, given = CoreClient(Path("/run/livescan/core.sock")), json.load(sys.stdin)
try:
    print(json.dumps(core.post("/api/bookings/" + given["booking"] + "/photos", {"officer": "officer-01", "picture": given["picture"]})))
except Exception as error:
    print(str(error))
"""
# what is tried (decode_attack.py), and what comes of it: 0 it could not be done
ATTACKS = {
    "read the settings": ("r", 0),
    "see the core's folder": ("s", 0),
    "write a file": ("w", 0),
    "open an internet socket": ("i", 0),
    "open a socket of this machine": ("u", 0),
    "read a credential": ("c", 0),
    "open a device": ("d", 0),
    "see another process": ("p", 0),
    "write and run memory": ("x", 0),
    "fork without end": ("f", 0),
    "take 3 GB": ("m", 0),
    "fill more than its memory": ("g", "WorkerDied"),
    "end itself": ("k", "WorkerDied"),
    "hang": ("h", "WorkerDied"),
    "read the program": ("l", 1),
}


def png() -> bytes:
    out = io.BytesIO()
    Image.new("L", (40, 30), 77).save(out, "PNG")
    return out.getvalue()


def asked(machine: Machine, images: dict[str, bytes]) -> dict[str, object]:
    told = shlex.quote(json.dumps({name: image.hex() for name, image in images.items()}))
    return dict(json.loads(machine.run(f"{PYTHON} -I - {told}", text=ASK).stdout))


def photo(machine: Machine, booking: str, picture: bytes) -> str:
    given = json.dumps({"booking": booking, "picture": base64.b64encode(picture).decode()})
    (machine.root / "photo.py").write_text(PHOTO)
    return machine.run(f"{PYTHON} -I /photo.py", text=given).stdout.strip()


def test_the_core_has_a_photo_decoded_there_out_of_its_sandbox(installed: Machine) -> None:
    accepted = int(installed.shown(SOCKET, "NAccepted"))
    booking = installed.run(f"{PYTHON} -I -", text=BOOK).stdout.strip()
    assert json.loads(photo(installed, booking, png()))["photo"] == 1
    assert "none of the formats" in photo(installed, booking, b"rubbish")
    assert int(installed.shown(SOCKET, "NAccepted")) >= accepted + 2
    assert "in a unit of their own" in installed.says("journalctl -u livescan-core --no-pager | grep 'foreign images'")


def test_it_answers_the_core_alone(installed: Machine) -> None:
    assert installed.says("stat -c '%U %a' /run/livescan/decode.sock") == "livescan-core 600"
    assert not installed.holds(f"setpriv --reuid livescan-uplink --clear-groups {PYTHON} -Ic \"import socket; "
                               "socket.socket(socket.AF_UNIX).connect('/run/livescan/decode.sock')\"")  # fmt: skip


def test_images_become_pixels_and_rubbish_a_refusal(installed: Machine) -> None:
    assert asked(installed, {"whole": png(), "rubbish": b"rubbish", "cut": png()[:60]}) == {
        "whole": [30, 40, 77],
        "rubbish": "ImageError",
        "cut": "ImageError",
    }


def test_a_decoder_that_was_taken_over_reaches_nothing_and_ends_alone(installed: Machine) -> None:
    shutil.copy(ATTACK, installed.root / "usr/share/decode_attack.py")
    (installed.root / DROP_IN).mkdir(parents=True)
    text = f"[Service]\nExecStart=\nExecStart={PYTHON} -IB /usr/share/decode_attack.py\nRuntimeMaxSec=2s\n"
    (installed.root / DROP_IN / "attack.conf").write_text(text)
    installed.run("test -e /dev/foreign || mknod -m 0666 /dev/foreign c 1 5; systemctl daemon-reload")
    try:
        found = asked(installed, {name: word.encode() for name, (word, _) in ATTACKS.items()})
    finally:
        shutil.rmtree(installed.root / DROP_IN)
        installed.run("systemctl daemon-reload")
    told = {name: one[-1] if isinstance(one, list) else one for name, one in found.items()}
    assert told == {name: outcome for name, (_, outcome) in ATTACKS.items()}
    assert asked(installed, {"whole": png()}) == {"whole": [30, 40, 77]}
    assert installed.says("systemctl is-active livescan-core") == "active"
    installed.until("test $(systemctl list-units --all --no-legend 'livescan-decode@*' | wc -l) = 0", 10)
