"""A whole station as a machine whose power can be cut: the package under a booted systemd in QEMU, its state on a disk that forgets.

The system disk comes back as it was installed at each cut (everything written to it since is lost). The state disk, `/var/lib/livescan-*`,
is `agent.bench.power_disk`: what the guest flushed is kept, of the rest some, in any mixture, perhaps torn. mosquitto and the bureau run on
this machine and know nothing of the cut.

Debian packages: qemu-system-x86, mmdebstrap, systemd-container, e2fsprogs, mosquitto, as root. Software emulation (TCG) alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from agent.nist.building import build
from agent.nist.codec import parse
from agent.nist.records import BinaryRecord, TaggedRecord
from agent.nist.write import transaction
from agent.training.demo import training_booking
from tests.data import need_debian, testdata
from tests.system import guest
from tests.system.booth import install
from tests.system.machine import booted

HERE = Path(__file__).resolve().parent
STATE = ("livescan-core", "livescan-uplink")
SYSTEM_MIB, STATE_MIB, MEMORY_MIB = 1800, 1024, 1536
SETTINGS = """[capture]
workers = 1
[delivery]
retry_first = 2.0
retry_most = 4.0
undo = 0.0
[paths]
gallery = "/etc/livescan/gallery.toml"
"""
PATIENT = "[Service]\nTimeoutStartSec=600s\nWatchdogSec=0\nRestartSec=2s\n[Unit]\nStartLimitIntervalSec=0\n"  # emulation is slow, not ill
UNITS = {
    "guest-net.service": """[Unit]
DefaultDependencies=no
After=systemd-udev-settle.service
Wants=systemd-udev-settle.service
Before=network.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip link set lo up; ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up; ip route add default via 10.0.2.2'
""",
    "guest-broker.socket": "[Socket]\nListenStream=127.0.0.1:8883\n",
    "guest-broker.service": "[Unit]\nAfter=guest-net.service\n[Service]\nExecStart=/bin/sh /usr/share/clerk/broker.sh\n",
    "guest-clerk.service": """[Unit]
After=livescan-core.service guest-net.service
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh /usr/share/clerk/clerk.sh
Restart=always
RestartSec=1s
""",
}
SAID = r"""said() { sed -n "s/.*clerk.$1=\([a-z0-9]*\).*/\1/p" /proc/cmdline; }
"""
SCRIPTS = {
    "broker.sh": f"{SAID}exec /lib/systemd/systemd-socket-proxyd 10.0.2.2:$(said broker)\n",
    "clerk.sh": f"{SAID}exec /usr/lib/livescan-agent/bin/python -I /usr/share/clerk/clerk.py $(said witness) $(said mode)\n",
}
WANTED = ("guest-net.service", "guest-broker.socket", "guest-clerk.service")
FSTAB = "/dev/vdb /state ext4 defaults 0 0\n" + "".join(f"/state/{one} /var/lib/{one} none bind 0 0\n" for one in STATE)


class Installed:
    """`system`, `state`: images of the two disks as they were after the installation; `keys`: of its bureau and broker."""

    def __init__(self, folder: Path) -> None:
        self.system, self.state, self.keys = folder / "system.img", folder / "state.img", folder / "keys"


def installed(deb: Path, folder: Path) -> Installed:
    """The package is installed in a booted container; its file system becomes the disks of the guest."""
    need_debian("e2fsprogs", "mke2fs")
    kernel = guest.image()
    for machine in booted(folder, "controllers"):
        shutil.copy(deb, machine.root / "livescan-agent.deb")
        install(machine)
        machine.run("systemctl stop livescan-agent.target livescan-core.service livescan-uplink.service", timeout=60)
        machine.stop()
        (machine.root / "livescan-agent.deb").unlink()
        shutil.copytree(machine.root / "var/lib/livescan-core/keys", folder / "keys")
        _furnish(machine.root, kernel)
        _split(machine.root, folder)
    return Installed(folder)


def _furnish(root: Path, kernel: guest.Image) -> None:
    """What the guest needs beside the package: modules, its two disks, a way to the host, and the clerk."""
    subprocess.run(["debugfs", "-R", f"rdump /lib/modules {root}/usr/lib", str(kernel.root)], check=True, capture_output=True)
    _text(root / "sbin/job-init", "#!/bin/sh\nexec /lib/systemd/systemd\n").chmod(0o755)
    _text(root / "etc/fstab", FSTAB)
    _text(root / "etc/livescan/conf.d/90-test.toml", SETTINGS).chmod(0o644)
    _text(root / "etc/livescan/gallery.toml", "enabled = false\n").chmod(0o644)
    units = root / "etc/systemd/system"
    for name, text in UNITS.items():
        _text(units / name, text)
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    for name in WANTED:
        (units / "multi-user.target.wants" / name).symlink_to(f"../{name}")
    for name in STATE:
        _text(units / f"{name}.service.d/90-test.conf", PATIENT)
    clerk = root / "usr/share/clerk"
    clerk.mkdir()
    shutil.copy(HERE / "clerk.py", clerk)
    for name, text in SCRIPTS.items():
        _text(clerk / name, text)
    (clerk / "card.an2").write_bytes(one_finger(testdata("prints/nist/type-4-tpcard.an2").read_bytes()))
    missing = {str(finger): "UP" for finger in range(2, 11)}
    _text(clerk / "facts.json", json.dumps(training_booking(missing)))


def _text(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _split(root: Path, folder: Path) -> None:
    """Two ext4 images: what a station keeps, and the rest. mke2fs is run without a journal of the system disk's: it is never kept."""
    kept = folder / "kept"
    kept.mkdir()
    (root / "state").mkdir()
    for name in STATE:
        shutil.move(root / "var/lib" / name, kept / name)
        (root / "var/lib" / name).mkdir(mode=0o700)
    shutil.rmtree(root / "dev", ignore_errors=True)
    (root / "dev").mkdir()
    for source, name, mib, more in ((root, "system", SYSTEM_MIB, ["-O", "^has_journal"]), (kept, "state", STATE_MIB, [])):
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", *more, "-d", str(source), str(folder / f"{name}.img"), f"{mib}M"], check=True)
    shutil.rmtree(kept)


def one_finger(card: bytes) -> bytes:
    """The right thumb alone of a whole card, rolled and plain: emulation takes a minute for what a booking PC does in a second."""
    tx = parse(card)
    prints = [one for one in tx.records if isinstance(one, BinaryRecord) and one.header]
    thumbs = [one for one in prints if one.header and {1, 11} & set(one.header.positions)]
    texts = [one for one in tx.records[1:] if isinstance(one, TaggedRecord)]
    fields = [one for one in tx.type1.fields if one.number not in (1, 3)]
    return build(transaction(fields, [*texts, *thumbs]))


@dataclass(frozen=True)
class Power:
    """What one guest is switched on with."""

    state: Path  # the disk that forgets
    broker: int  # ports of this machine
    witness: int
    mode: str  # of the clerk
    usbredir: Path | None = None  # socket of a device on its USB controller


def command(kernel: guest.Image, system: Path, power: Power, console: Path) -> list[str]:
    said = f"clerk.broker={power.broker} clerk.witness={power.witness} clerk.mode={power.mode} "
    append = f"console=ttyS0 quiet rdinit=/init mitigations=off random.trust_cpu=on net.ifnames=0 {said}"
    line = [need_debian("qemu-system-x86", "qemu-system-x86_64"), "-accel", "tcg,thread=multi", "-M", "q35", "-cpu", "max", "-smp", "2"]
    line += ["-m", str(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot"]
    line += ["-serial", f"file:{console}", "-kernel", str(kernel.kernel), "-initrd", str(kernel.initrd), "-append", append]
    line += ["-drive", f"file={system},format=raw,if=none,id=a,snapshot=on,cache=unsafe", "-device", "virtio-blk-pci,drive=a"]
    line += ["-drive", f"file={power.state},format=raw,if=none,id=b,cache=writeback,file.locking=off", "-device", "virtio-blk-pci,drive=b"]
    if power.usbredir is not None:
        line += [
            "-device",
            "qemu-xhci,id=x",
            "-chardev",
            f"socket,id=u,path={power.usbredir},reconnect=1",
            "-device",
            "usb-redir,chardev=u,bus=x.0",
        ]
    return [*line, "-device", "virtio-rng-pci", "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,romfile="]


def spread(image: Path, target: Path) -> None:
    """What is not a hole of the image, onto the disk, and flushed."""
    with image.open("rb") as source, target.open("r+b") as to:
        at, end = 0, image.stat().st_size
        while at < end:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            until = os.lseek(source.fileno(), at, os.SEEK_HOLE)
            while at < until:
                at += os.pwrite(to.fileno(), os.pread(source.fileno(), min(1 << 20, until - at), at), at)
        os.fsync(to.fileno())
