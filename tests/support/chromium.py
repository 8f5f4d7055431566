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
    "--use-fake-device-for-media-stream",  # a microphone that beeps, where a page may have one
)

LAUNCH: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": list(FLAGS),
    "headless": True,
    "ignore_default_args": ["--headless"],
}
"""Arguments of playwright's ``launch``."""
