"""A booted Debian 12 of its own: a real systemd as PID 1 in a container, for the package and its services.

Debian packages: mmdebstrap, systemd-container; as root. The base is built once from the archive that this machine's apt uses, without any
package of the product's but those that it depends on, and kept in a cache. Two ways, since this kernel's cgroups are hybrid:

    controllers   cgroup v1: MemoryMax, TasksMax and DeviceAllow hold; IPAddressDeny does not
    bpf           cgroup v2: DeviceAllow and IPAddressDeny hold; MemoryMax and TasksMax do not
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.data import need_debian

PACKAGES = ("systemd-sysv", "dbus", "udev", "kmod", "python3", "tzdata", "libstdc++6", "iproute2", "procps", "mosquitto", "libnss-systemd")
CGROUPS = Path("/sys/fs/cgroup")
HIERARCHIES = ("memory", "devices", "pids", "freezer", "cpu", "cpuacct", "cpuset", "blkio", "systemd", "unified")
WRITABLE = ("memory", "devices", "pids")
BOOTS_WITHIN = 60.0  # s
_COUNT = itertools.count()


class Machine:
    """`root`: its file system. Commands run in it as root, through its namespaces."""

    def __init__(self, root: Path, cgroups: str) -> None:
        self.root = root
        self._cgroups = cgroups
        self._name = f"livescan-test-{os.getpid()}-{next(_COUNT)}"
        self._process: subprocess.Popen[bytes] | None = None
        self._leader = 0

    def start(self) -> None:
        for folder in self._folders():
            folder.mkdir(exist_ok=True)
            if folder.parent.name == "cpuset":
                for name in ("cpuset.cpus", "cpuset.mems"):
                    (folder / name).write_text((folder.parent / name).read_text())
        log = (self.root.parent / "console.log").open("ab")
        self._process = subprocess.Popen(
            [*self._entering(), *self._command()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._environment(),
            start_new_session=True,
        )
        self._leader = self._found_leader()
        self.until("systemctl is-system-running | grep -qE 'running|degraded'", BOOTS_WITHIN)

    def run(self, command: str, *, check: bool = True, timeout: float = 120.0, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """A line of shell."""
        inside = [
            "nsenter",
            "-t",
            str(self._leader),
            "-a",
            "/usr/bin/env",
            "-i",
            "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            "LC_ALL=C.UTF-8",
        ]
        done = subprocess.run([*inside, "/bin/sh", "-c", command], capture_output=True, text=True, timeout=timeout, check=False, input=text)
        assert not check or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}\n{self.journal()}"
        return done

    def says(self, command: str) -> str:
        return self.run(command).stdout.strip()

    def holds(self, command: str) -> bool:
        return self.run(command, check=False).returncode == 0

    def until(self, command: str, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self.holds(command):
            assert time.monotonic() < end, f"not within {seconds:g} s: {command}\n{self.journal()}"
            time.sleep(0.1)

    def journal(self) -> str:
        done = subprocess.run(
            ["nsenter", "-t", str(self._leader), "-a", "journalctl", "-n", "60", "--no-pager", "-u", "livescan-*"],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def shown(self, unit: str, name: str) -> str:
        return self.says(f"systemctl show -P {name} {unit}")

    def stop(self) -> None:
        """At once, with everything in it, however it stands."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._leader, signal.SIGKILL)
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
        for folder in self._folders():
            for one in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
                with suppress(OSError):
                    one.rmdir()
            with suppress(OSError):
                folder.rmdir()

    def _folders(self) -> list[Path]:
        return [CGROUPS / one / self._name for one in HIERARCHIES if (CGROUPS / one).is_dir()]

    def _entering(self) -> list[str]:
        """In each hierarchy a cgroup of its own, so that its root is not this machine's."""
        folders = " ".join(str(one) for one in self._folders())
        return ["/bin/sh", "-c", f'for one in {folders}; do echo $$ > $one/cgroup.procs; done; exec "$@"', "sh"]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **({"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if self._cgroups == "bpf" else {})}

    def _command(self) -> list[str]:
        command = ["systemd-nspawn", "-D", str(self.root), "--register=no", "--keep-unit", f"--machine={self._name}", "--console=read-only"]
        command += [
            "--resolv-conf=off",
            "--timezone=off",
            "--link-journal=no",
            "--private-network",
            "--capability=all",
            "--system-call-filter=bpf",
        ]
        if self._cgroups == "bpf":
            return [*command, "-b"]
        remount = "; ".join(f"mount -o remount,bind,rw /sys/fs/cgroup/{one}" for one in WRITABLE)
        return [*command, "/bin/sh", "-c", f"{remount}; exec /lib/systemd/systemd"]

    def _found_leader(self) -> int:
        """PID 1 of the machine, as this one numbers it: the only child of systemd-nspawn."""
        assert self._process is not None
        end = time.monotonic() + BOOTS_WITHIN
        while time.monotonic() < end:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
            if children and Path(f"/proc/{children[0]}/comm").read_text().strip() == "systemd":
                return int(children[0])
            assert self._process.poll() is None, (self.root.parent / "console.log").read_text("utf-8", "replace")[-2000:]
            time.sleep(0.05)
        raise AssertionError("the machine did not start")


def need_machine() -> None:
    """Skips, naming what is missing."""
    need_debian("mmdebstrap", "mmdebstrap")
    need_debian("systemd-container", "systemd-nspawn")
    if os.geteuid() != 0:
        pytest.skip("a booted machine needs root")
    if not (CGROUPS / "systemd").is_dir() and not (CGROUPS / "cgroup.controllers").exists():
        pytest.skip("this machine has no cgroups to boot another in")


def base() -> Path:
    """The archive of its file system, from the cache or built: under a minute."""
    sources = next((one for one in sorted(Path("/etc/apt/sources.list.d").glob("*.sources"))), Path("/etc/apt/sources.list"))
    recipe = hashlib.sha256("\n".join((*PACKAGES, sources.read_text("utf-8"))).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "livescan-agent" / "machine"
    made = cache / f"{recipe}.tar"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        making = cache / f"{recipe}.making.tar"
        command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", "bookworm", str(making), str(sources)]
        subprocess.run(command, check=True)
        making.rename(made)
    return made


def booted(folder: Path, cgroups: str) -> Iterator[Machine]:
    """A fresh one, gone afterwards."""
    need_machine()
    root = folder / "root"
    root.mkdir()
    subprocess.run(["tar", "-C", str(root), "-xf", str(base())], check=True)
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    (root / "etc" / "hostname").write_text("livescan-test\n")
    for unit in ("mosquitto.service", "apt-daily.timer", "apt-daily-upgrade.timer"):
        (root / "etc" / "systemd" / "system" / unit).unlink(missing_ok=True)
        (root / "etc" / "systemd" / "system" / unit).symlink_to("/dev/null")
    machine = Machine(root, cgroups)
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()
        shutil.rmtree(root, ignore_errors=True)
