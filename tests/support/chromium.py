"""Debian's Chromium, as every test in a browser starts it: the new headless mode, which is the browser people have."""

from typing import Any

# Chromium takes the last list of features alone: the first three lines are playwright's own. The rest are parts of the
# browser's frame that nobody sees here, each a page in a process of its own for every window: a third of a test's time.
_OFF = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "LensOverlay"),
    *("HttpsFirstBalancedModeAutoEnable", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning", "AimEnabled"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "PreconnectToSearch"),
    *("WebUIOmniboxPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxAimPopup", "PreloadTopChromeWebUI"),
    *("WebUIToolbar", "WebUIReloadButton"),
)

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_OFF)}",
    "--use-fake-device-for-media-stream",  # a microphone that beeps, where a page may have one
)

LAUNCH: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": list(FLAGS),
    "headless": True,
    "ignore_default_args": ["--headless"],
}
"""Arguments of playwright's ``launch``."""
