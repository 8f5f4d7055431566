"""Debian's Chromium, as every test in a browser starts it: the new headless mode, which is the browser people have."""

from typing import Any

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

LAUNCH: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": list(FLAGS),
    "headless": True,
    "ignore_default_args": ["--headless"],
}
"""Arguments of playwright's ``launch``."""
