"""Makes the environment: .venv, the locked packages (node among them), and the built page.

Standard library only, for it runs on a machine that has nothing but Python 3.11. Each step is stamped with
a digest of what it depends on, so a second run costs milliseconds.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / "stamps"
FRONTEND = ROOT / "frontend"
BUILT_PAGE = ROOT / "src/callfloor/web/static/index.html"
LOCKS = ROOT / "requirements"
ENVIRONMENT = {
    **os.environ,
    "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
    "npm_config_update_notifier": "false",
}
IGNORED = {"node_modules", "dist", "__pycache__"}


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 over the names and bytes of the files and folders given."""
    total = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not IGNORED & set(file.parts):
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def once(name: str, depends_on: Iterable[Path], command: list[str | Path], folder: Path = ROOT) -> None:
    """Run the command unless its stamp says that nothing it depends on has changed since."""
    stamp, key = STAMPS / name, digest(depends_on)
    if stamp.exists() and stamp.read_text() == key:
        return
    print(f"  {name} …", flush=True)
    started = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=False)
    if done.returncode:
        sys.exit(f"setup: {name} failed (exit {done.returncode}): {' '.join(map(str, command))}")
    print(f"  {name} in {time.monotonic() - started:.1f} s", flush=True)
    stamp.write_text(key)


def pip(lock: str) -> list[str | Path]:
    return [
        BIN / "python",
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        LOCKS / lock,
    ]


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"setup: Callfloor needs Python 3.11 or later, this is {sys.version.split()[0]}")
    if not (BIN / "pip").exists():  # none yet, or one that was broken off
        if importlib.util.find_spec("ensurepip") is None:
            sys.exit("setup: this Python cannot make a virtual environment; on Debian: apt install python3-venv")
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt", clear=VENV.exists())
    STAMPS.mkdir(exist_ok=True)
    once("python packages", [LOCKS / "run.lock"], pip("run.lock"))
    install: list[str | Path] = [
        BIN / "python",
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-e",
        ROOT,
    ]
    once("callfloor itself", [ROOT / "pyproject.toml"], install)
    development = "--dev" in sys.argv
    if development:
        once("test packages", [LOCKS / "dev.lock"], pip("dev.lock"))
    page = [FRONTEND / "package-lock.json"]
    npm: list[str | Path] = [BIN / "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    if development:
        once("page packages, all", page, npm, FRONTEND)
        (STAMPS / "page packages").write_text(digest(page))
    else:
        once("page packages", page, [*npm, "--omit=dev"], FRONTEND)
    if not BUILT_PAGE.exists():
        (STAMPS / "page").unlink(missing_ok=True)
    sources = [FRONTEND / part for part in ("src", "public", "index.html", "vite.config.ts", "package-lock.json")]
    once("page", sources, [BIN / "npm", "run", "-s", "build"], FRONTEND)


if __name__ == "__main__":
    main()
