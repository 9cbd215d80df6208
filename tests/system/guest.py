"""A Linux guest with a real kernel's USB, built from Debian packages and kept in a cache, run by software emulation alone.

Debian packages: qemu-system-x86, mmdebstrap, busybox-static, cpio, kmod, e2fsprogs. Building needs root and the archive that this machine's
apt uses. The kernel is the generic one, by its exact name: the cloud flavour has no USB, and /dev/kvm may be there without being usable, so
`-accel tcg` is forced.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.data import need_debian

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("python3", "libusb-1.0-0", "kmod", "udev", "python3-gi", "gir1.2-fprint-2.0")
MODULES = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_rng", "ext4", "crc32c_generic", "9p", "9pnet_virtio", "xhci_pci", "vhci_hcd")
ROOT_MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")  # that the initrd needs to find its root
IMAGE_MIB = 700
MEMORY_MIB = 1536
ADDRESS, HOST = "10.0.2.15", "10.0.2.2"  # of the guest, and of this machine as the guest sees it (QEMU's user network)
INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs d /dev; /bin/busybox mount -t proc p /proc; /bin/busybox mount -t sysfs s /sys
for m in /m/*; do /bin/busybox insmod $m; done
for i in 1 2 3 4 5 6 7 8 9; do [ -b /dev/vda ] && break; /bin/busybox sleep 0.2; done
/bin/busybox mount -t ext4 -o rw /dev/vda /new
for d in dev proc sys; do /bin/busybox mount --move /$d /new/$d; done
exec /bin/busybox switch_root /new /sbin/job-init
"""
JOB_INIT = f"""#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mount -t tmpfs t /run; mount -t tmpfs t /tmp
modprobe -a 9p 9pnet_virtio virtio_net virtio_rng xhci_pci
busybox ifconfig lo 127.0.0.1; busybox ifconfig eth0 {ADDRESS} netmask 255.255.255.0
for tag in share repo site; do
  mkdir -p /$tag; mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=loose $tag /$tag
done
umount /share; mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share
/lib/systemd/systemd-udevd --daemon; udevadm trigger; udevadm settle -t 30
sh /share/job.sh > /share/out.txt 2>&1; echo $? > /share/exit
sync; busybox poweroff -f
"""


@dataclass(frozen=True)
class Image:
    kernel: Path
    initrd: Path
    root: Path


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    console: str


def need_programs() -> None:
    """Skips, naming the package, where one is missing."""
    for package, program in (
        ("qemu-system-x86", "qemu-system-x86_64"),
        ("mmdebstrap", "mmdebstrap"),
        ("busybox-static", "busybox"),
        ("cpio", "cpio"),
        ("kmod", "depmod"),
        ("e2fsprogs", "mke2fs"),
    ):
        need_debian(package, program)
    if os.geteuid() != 0:
        pytest.skip("building the guest needs root")


def cache_folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "livescan-agent" / "guest"


def image() -> Image:
    """From the cache, or built: about a minute and a half."""
    need_programs()
    version = _kernel_version()
    recipe = hashlib.sha256("\n".join((version, *PACKAGES, *MODULES, INIT, JOB_INIT)).encode()).hexdigest()[:12]
    folder = cache_folder() / recipe
    if not (folder / "root.img").exists():
        _build(folder, version)
    return Image(folder / "vmlinuz", folder / "initrd", folder / "root.img")


def _kernel_version() -> str:
    """Of Debian's generic kernel now; the package's name holds it."""
    told = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Depends: linux-image-(\S+-amd64)", told)
    if found is None:
        pytest.skip("apt knows no kernel image linux-image-amd64: run apt-get update")
    return found[1]


def _build(folder: Path, version: str) -> None:
    work = folder.with_suffix(".making")
    shutil.rmtree(work, ignore_errors=True)
    (work / "root").mkdir(parents=True)
    _unpack_kernel(work, version)
    _make_root(work)
    _copy_modules(work / "kernel", work / "root", version, MODULES)
    _run("depmod", "-b", str(work / "root"), version)
    _make_initrd(work, version)
    shutil.copy(work / "kernel" / "boot" / f"vmlinuz-{version}", work / "vmlinuz")
    _run("mke2fs", "-q", "-t", "ext4", "-F", "-O", "^has_journal", "-d", str(work / "root"), str(work / "root.img"), f"{IMAGE_MIB}M")
    for left in ("root", "kernel", "initrd.d"):
        shutil.rmtree(work / left, ignore_errors=True)
    for left in work.glob("*.deb"):
        left.unlink()
    (work / "root.tar").unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def _unpack_kernel(work: Path, version: str) -> None:
    subprocess.run(["apt-get", "download", "-qq", f"linux-image-{version}"], cwd=work, check=True, capture_output=True)
    _run("dpkg-deb", "-x", str(next(work.glob("linux-image-*.deb"))), str(work / "kernel"))
    _run("depmod", "-b", str(work / "kernel"), version)


def _make_root(work: Path) -> None:
    sources = next((str(one) for one in sorted(Path("/etc/apt/sources.list.d").glob("*.sources"))), "/etc/apt/sources.list")
    _run("mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm", str(work / "root.tar"), sources)
    _run("tar", "-xf", str(work / "root.tar"), "-C", str(work / "root"), "--exclude=./dev/*")
    shutil.copy("/bin/busybox", work / "root" / "bin" / "busybox")
    _script(work / "root" / "sbin" / "job-init", JOB_INIT)


def _copy_modules(kernel: Path, root: Path, version: str, names: Sequence[str]) -> None:
    for name in names:
        for file in _needed(kernel, version, name):
            target = root / file.relative_to(kernel)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    for table in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copy(kernel / "lib" / "modules" / version / table, root / "lib" / "modules" / version / table)


def _needed(kernel: Path, version: str, name: str) -> list[Path]:
    """Files of a module and of what it needs, in the order in which they are loaded."""
    told = _run("modprobe", "-d", str(kernel), "-S", version, "--show-depends", name)
    return [Path(line.split()[1]) for line in told.splitlines() if line.startswith("insmod")]


def _make_initrd(work: Path, version: str) -> None:
    inside = work / "initrd.d"
    for name in ("bin", "dev", "proc", "sys", "new", "m"):
        (inside / name).mkdir(parents=True)
    shutil.copy("/bin/busybox", inside / "bin" / "busybox")
    files = list(dict.fromkeys(file for name in ROOT_MODULES for file in _needed(work / "kernel", version, name)))
    for n, file in enumerate(files):
        shutil.copy(file, inside / "m" / f"{n:02d}-{file.name}")
    _script(inside / "init", INIT)
    archive = f"cd '{inside}' && find . | cpio -o -H newc --quiet | gzip -1 > '{work / 'initrd'}'"
    _run("sh", "-c", archive)


def _script(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")
    path.chmod(0o755)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def boot(image: Image, share: Path, site_packages: Path, redirs: Sequence[Path], seconds: float) -> Ended:
    """Boot, run share/job.sh as root, power off. `redirs`: usbredir sockets that become devices on an xHCI controller.

    In the guest /share is that folder, /repo this repository, /site a Python's site-packages.
    """
    console = share / "console.log"
    command = [need_debian("qemu-system-x86", "qemu-system-x86_64"), "-accel", "tcg", "-M", "q35", "-cpu", "max", "-smp", "1"]
    command += ["-m", str(MEMORY_MIB), "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none", "-no-reboot"]
    command += ["-serial", f"file:{console}", "-kernel", str(image.kernel), "-initrd", str(image.initrd)]
    command += ["-append", "console=ttyS0 quiet rdinit=/init mitigations=off random.trust_cpu=on"]
    command += ["-drive", f"file={image.root},format=raw,if=none,id=d,snapshot=on,cache=unsafe", "-device", "virtio-blk-pci,drive=d"]
    command += ["-device", "virtio-rng-pci", "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n,romfile="]
    for tag, folder, mode in (("share", share, ""), ("repo", REPOSITORY, ",readonly=on"), ("site", site_packages, ",readonly=on")):
        command += ["-virtfs", f"local,path={folder},mount_tag={tag},security_model=none,id={tag}{mode}"]
    if redirs:
        command += ["-device", "qemu-xhci,id=x"]
    for n, path in enumerate(redirs):
        command += ["-chardev", f"socket,id=c{n},path={path},reconnect=1", "-device", f"usb-redir,chardev=c{n},bus=x.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    code = share / "exit"
    out = (share / "out.txt").read_text("utf-8", "replace") if (share / "out.txt").exists() else ""
    said = console.read_text("utf-8", "replace") if console.exists() else done.stderr
    return Ended(int(code.read_text()) if code.exists() else 99, out, said + done.stderr)


class Forwarder:
    """A TCP port of the loopback that leads to a UNIX socket: the guest reaches it at HOST."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            inner = socket.socket(socket.AF_UNIX)
            inner.connect(str(self._path))
            for source, target in ((client, inner), (inner, client)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
