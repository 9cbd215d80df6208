"""A station whose signing key is in a TPM, as a process of its own: `dbus-run-session -- python -m tests.signing.tpm_station FOLDER`.

swtpm is the TPM, tpm2-abrmd stands before it as /dev/tpmrm0 does in the kernel of a real one, tpm2-pkcs11 makes a token of it. What is
sealed is left in FOLDER for another judge.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from agent.clock import SystemClock
from agent.model.messages import Environment, MessageKind, Routing
from agent.signing import algorithms, tokens, training_ca
from agent.signing.installing import install_certificate
from agent.signing.keys import BureauKeys, StationKeys, init_training
from agent.signing.renewal import ask
from agent.signing.requests import read_request
from agent.signing.seal import seal
from agent.signing.slots import PURPOSE, Use
from agent.signing.token_uri import TokenUri
from agent.signing.training_keys import load_training_ca
from agent.signing.verify import open_envelope

LIBRARY = Path("/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1")
PIN = "4711-training"
CONTENT = b"a file of the training person"


@contextmanager
def tpm(folder: Path) -> Iterator[Path]:
    """A TPM of our own with a token 'livescan' in it; the file with its PIN."""
    (folder / "tpm").mkdir()
    (folder / "store").mkdir()
    sock = folder / "tpm.sock"
    emulator = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}/tpm", "--server", f"type=unixio,path={sock}"]
    emulator += ["--ctrl", f"type=unixio,path={sock}.ctrl", "--flags", "not-need-init"]
    broker = ["tpm2-abrmd", "--session", "--allow-root", f"--tcti=swtpm:path={sock}"]
    tcti = "tabrmd:bus_type=session"
    os.environ |= {
        "TPM2TOOLS_TCTI": tcti,
        "TPM2_PKCS11_TCTI": tcti,
        "TPM2_PKCS11_STORE": f"{folder}/store",
        "TPM2_PKCS11_BACKEND": "esysdb",
    }
    with subprocess.Popen(emulator) as chip:
        _wait(sock.exists)
        with subprocess.Popen(broker, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as before_it:
            _wait(lambda: subprocess.run(["tpm2_getrandom", "--hex", "4"], capture_output=True, check=False).returncode == 0)
            _run("tpm2_ptool", "init", "--path", f"{folder}/store")
            _run(
                "tpm2_ptool", "addtoken", "--pid=1", "--sopin=so-4711", f"--userpin={PIN}", "--label=livescan", "--path", f"{folder}/store"
            )
            pin = folder / "token.pin"
            pin.write_text(PIN)
            pin.chmod(0o600)
            try:
                yield pin
            finally:
                before_it.terminate()
                chip.terminate()


def run(folder: Path) -> dict[str, object]:
    keys, now = folder / "keys", SystemClock().now()
    init_training(keys, station="LS-0001", bureau="SIB-TRAINING", clock=SystemClock())
    with tpm(folder) as pin:
        uri = f"pkcs11:token=livescan;object=signing?module-path={LIBRARY}&pin-source={pin}"
        public = tokens.make_key(TokenUri.parse(uri), algorithms.P256)
        made = training_ca.certify(load_training_ca(keys), public, "LS-0001", training_ca.Role.STATION, PURPOSE[Use.SIGNING], now=now)
        (keys / "station" / "signing.crt").write_bytes(made.public_bytes(Encoding.PEM))
        (keys / "station" / "signing.key").write_text(uri + "\n")
        first, later = sealed(keys, folder / "first.cms", now), now + timedelta(hours=2)
        request = ask(keys / "station", Use.SIGNING)
        renewed = read_request(request.der).public_key()
        new = training_ca.certify(load_training_ca(keys), renewed, "LS-0001", training_ca.Role.STATION, PURPOSE[Use.SIGNING], now=later)  # type: ignore[arg-type]
        install_certificate(keys, new.public_bytes(Encoding.PEM), later)
        second = sealed(keys, folder / "second.cms", later)
        spent = _speed(keys)
    wrapped = b"".join(path.read_bytes() for path in (folder / "store").rglob("*") if path.is_file())
    return {**first, "renewed": second["signer"] != first["signer"], "second_ok": second["ok"], "ms": spent, "store": len(wrapped)}


def sealed(keys: Path, target: Path, now: datetime) -> dict[str, object]:
    """With the key in the TPM, opened by the bureau's own keys."""
    station, bureau = StationKeys.load(keys, environment=Environment.TRAINING), BureauKeys.load(keys, environment=Environment.TRAINING)
    routing = Routing(MessageKind.TRANSACTION, "LS-0001", "LS-0001-01KAZ0000000000000000000AA", "SIB-TRAINING", Environment.TRAINING)
    made = seal(CONTENT, routing, signer=station.signer, recipient=station.bureau, now=now)
    target.write_bytes(made.data)
    opened = open_envelope(made.data, openers=bureau.openers, trust=bureau.ca, expect=Environment.TRAINING, now=now)
    signer = station.signer.certificate.fingerprint(algorithms.P256.digest).hex()
    return {"kept": station.signer.kept, "ok": opened.facts.ok and opened.content == CONTENT, "signer": signer}


def _speed(keys: Path) -> float:
    """ms of one signature, the best of twenty."""
    signer = StationKeys.load(keys, environment=Environment.TRAINING).signer
    spent = []
    for _ in range(20):
        began = time.perf_counter()
        signer.sign(b"\1" * 32)
        spent.append(time.perf_counter() - began)
    return round(min(spent) * 1000, 1)


def _wait(true: object) -> None:
    deadline = time.monotonic() + 10.0
    while not true():  # type: ignore[operator]
        assert time.monotonic() < deadline, "the TPM does not come up"
        time.sleep(0.1)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
