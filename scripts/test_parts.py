"""Makes sure that the real parts the tests stand on are there: Debian packages, and a private Asterisk 22 and 16.

Debian 12 has no Asterisk of its own. The same mirror's `sid` has the newest, `bullseye` the oldest that Callfloor
knows: mmdebstrap unpacks each, and what it needs, into a folder outside the tree (``$CALLFLOOR_TEST_CACHE``, else
``~/.cache/callfloor-tests``). Nothing of them is installed, nothing is added to the machine's package sources, and no
root rights are needed for it: the tests run them through their own dynamic loaders. The packages of the machine's own
suite are installed by apt, as root or by ``sudo -n``; where that is not possible, the command to run is printed.
Everything is done once; a second run costs milliseconds. Standard library only.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

PARTS = {  # Debian package: what shows that it is there
    "chromium": ("chromium",),
    "postgresql": ("/usr/lib/postgresql/*/bin/postgres",),
    "mariadb-server-core": ("/usr/sbin/mariadbd",),  # the server's program without its service
    "mmdebstrap": ("mmdebstrap",),
    "sip-tester": ("sipp",),
    "openssl": ("openssl",),
}
SUITES = {"22": "sid", "16": "bullseye"}  # Asterisk's version: Debian's suite that has it
INCLUDE = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "ca-certificates")
OPTIONS = (
    "--variant=extract",  # unpack only: no maintainer script runs, so no root, no chroot, no service
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Retries "3"',
    '--aptopt=Acquire::Check-Valid-Until "false"',  # a frozen mirror is as good
    '--aptopt=Acquire::Check-Date "false"',
)
LEAVE_OUT = ("usr/share/man", "usr/share/doc", "usr/share/locale", "usr/share/perl", "usr/share/info")
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")
CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")


def cache() -> Path:
    """Where the private roots lie; ``tests/support/pbx/root.py`` reads the same variable."""
    chosen = os.environ.get("CALLFLOOR_TEST_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "callfloor-tests"


def root_folder(asterisk: str) -> Path:
    return cache() / f"asterisk-{asterisk}"


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def stop(text: str) -> None:
    sys.exit(f"test parts: {text}")


# --- Debian packages ----------------------------------------------------------------------------------------------


def there(evidence: str) -> bool:
    if evidence.startswith("/"):
        return any(Path("/").glob(evidence.lstrip("/")))
    return shutil.which(evidence) is not None


def missing() -> list[str]:
    return [package for package, evidence in PARTS.items() if not all(there(one) for one in evidence)]


def by_root() -> list[str]:
    """The words to put before a command that needs root; stops where root cannot be had without a question."""
    if os.geteuid() == 0:
        return []
    if (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    ):
        return ["sudo", "-n"]
    return stop_without_root()


def stop_without_root() -> list[str]:
    packages = " ".join(missing())
    stop(f"missing: {packages}. This needs root once; run:  sudo apt-get install --no-install-recommends {packages}")
    raise AssertionError  # stop() has left already


def run(command: list[str], why: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        stop(f"{why}: `{' '.join(command)}` ended with {done.returncode}:\n{tail}")


@contextmanager
def no_cluster_of_debians(root: list[str]) -> Iterator[None]:
    """The package `postgresql` would make and start a server; the tests want its binaries alone.

    Only the switch of `postgresql-common` is turned, while the package is installed, and turned back after.
    """
    before = CLUSTERS.read_text()
    folder = Path(tempfile.mkdtemp(prefix="callfloor-parts-"))
    try:
        changed, kept = folder / "without", folder / "before"
        changed.write_text(f"{before}\ncreate_main_cluster = false\n")
        kept.write_text(before)
        run([*root, "cp", str(changed), str(CLUSTERS)], "could not set PostgreSQL's switch")
        try:
            yield
        finally:
            run([*root, "cp", str(kept), str(CLUSTERS)], "could not set PostgreSQL's switch back")
    finally:
        shutil.rmtree(folder)


def install(packages: list[str]) -> None:
    """Installs Debian packages; stops with what went wrong."""
    root = by_root()
    say(f"installing {', '.join(packages)} …")
    started = time.monotonic()
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    install_words = [*root, *environment, *APT, "install", "-y", "--no-install-recommends"]
    run([*root, *APT, "update"], "the package lists could not be read; is there a network?")
    if "postgresql" in packages:
        run([*install_words, "postgresql-common"], "postgresql-common could not be installed")
        with no_cluster_of_debians(root):
            run([*install_words, *packages], "the packages could not be installed")
    else:
        run([*install_words, *packages], "the packages could not be installed")
    if left := missing():
        stop(f"installed, and still not found: {', '.join(left)}")
    say(f"installed in {time.monotonic() - started:.0f} s")


# --- the private Asterisk ---------------------------------------------------------------------------------------------


def recipe(asterisk: str) -> str:
    """What the root is made by; a root made by another recipe is made anew."""
    return hashlib.sha256(repr((SUITES[asterisk], INCLUDE, OPTIONS, LEAVE_OUT)).encode()).hexdigest()


def mirror() -> str:
    """The address of the Debian mirror that this machine's own apt uses; its other suites are there, too."""
    words = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
    for attempt in range(2):
        listed = subprocess.run(words, capture_output=True, text=True, check=False).stdout.splitlines()
        for line in listed:
            origin, label, address = line.split("|", 2)
            if origin == "Debian" and label == "Debian":
                return address
        if attempt == 0:  # the lists may never have been read on this machine
            run([*by_root(), *APT, "update"], "the package lists could not be read; is there a network?")
    stop("apt's configuration names no Debian mirror, so Asterisk cannot be fetched")
    raise AssertionError  # stop() has left already


def keyring(folder: Path) -> Path:
    """One file of all of Debian's archive keys: a newer suite may be signed by a newer one."""
    keys = sorted(Path("/usr/share/keyrings").glob("debian-archive-*.gpg"))
    if not keys:
        stop("no Debian archive keys; run:  sudo apt-get install debian-archive-keyring")
    file = folder / "keys.gpg"
    file.write_bytes(b"".join(key.read_bytes() for key in keys))
    return file


def loader(root: Path) -> list[str]:
    """How a program of that root is started without chroot: through its own dynamic loader and libraries.

    Debian 11 has the loader and the C library in ``/lib``, and Asterisk's own libraries in ``/usr/lib`` itself.
    """
    loaders = [found for lib in ("usr/lib", "lib") for found in sorted(root.glob(f"{lib}/*/ld-linux*.so.*"))]
    if not loaders:
        stop(f"{root} has no dynamic loader")
    machine = loaders[0].parent.name
    places = (root / "usr/lib" / machine, root / "lib" / machine, root / "usr/lib")
    return [str(loaders[0]), "--library-path", ":".join(map(str, places))]


def asterisk_version(root: Path) -> str:
    words = [*loader(root), str(root / "usr/sbin/asterisk"), "-V"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.removeprefix("Asterisk").strip()


def make_root(asterisk: str, target: Path) -> None:
    """Makes the root in a folder beside its place, and renames it there at the end: never half a root."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(f".{target.name}-*"):
        if time.time() - old.stat().st_mtime > 3600:  # of an interrupted run; a younger one may be another run's
            shutil.rmtree(old, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh = work / "root"
        mode = "root" if os.geteuid() == 0 else "chrootless"
        words = ["mmdebstrap", f"--mode={mode}", *OPTIONS, f"--include={','.join(INCLUDE)}"]
        run(
            [*words, f"--keyring={keyring(work)}", SUITES[asterisk], str(fresh), mirror()],
            "Asterisk could not be fetched",
        )
        for part in LEAVE_OUT:
            shutil.rmtree(fresh / part, ignore_errors=True)
        english = fresh / "usr/share/asterisk/sounds/en"  # the package's link is made by a script of its own
        if not english.exists():
            english.unlink(missing_ok=True)
            english.symlink_to("en_US_f_Allison")
        version = asterisk_version(fresh)
        if not version.startswith(f"{asterisk}."):
            stop(f"Debian's {SUITES[asterisk]} has Asterisk {version} now; these tests are written for {asterisk}")
        (fresh / ".callfloor").write_text(f"{recipe(asterisk)}\n{version}\n")
        if target.exists():
            target.rename(work / "old")
        fresh.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def private_asterisk(asterisk: str) -> None:
    """The private root, made unless it is there and of today's recipe."""
    target = root_folder(asterisk)
    stamp = target / ".callfloor"
    if stamp.exists() and stamp.read_text().split("\n")[0] == recipe(asterisk):
        return
    say(f"Asterisk {asterisk} into {target} …")
    started = time.monotonic()
    make_root(asterisk, target)
    say(f"Asterisk {stamp.read_text().splitlines()[1]} in {time.monotonic() - started:.0f} s")


def main() -> None:
    if not shutil.which("apt-get"):
        stop(f"this machine has no apt. The tests need {', '.join(PARTS)} and Asterisk of Debian's {SUITES}")
    if needed := missing():
        install(needed)
    with ThreadPoolExecutor() as workers:  # most of it is waiting for the mirror
        for made in [workers.submit(private_asterisk, version) for version in SUITES]:
            made.result()


if __name__ == "__main__":
    main()
