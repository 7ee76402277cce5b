"""A real browser for tests: headless Chromium, driven by its own protocol over a WebSocket."""

import asyncio
import base64
import contextlib
import importlib.resources
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tornado.websocket import websocket_connect

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 60  # seconds
SERIOUS = ("serious", "critical")
FEWEST_RULES = 15  # that a page of any kind is held against


class Tab:
    """One tab of the browser."""

    def __init__(self, socket):
        self._socket, self._numbers, self.events = socket, itertools.count(1), []

    async def ask(self, method: str, **given) -> dict:
        """Return what the browser answers to a command."""
        number = next(self._numbers)
        await self._socket.write_message(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            told = json.loads(await asyncio.wait_for(self._socket.read_message(), PATIENCE))
            if told.get("id") == number:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return told["result"]
            self.events.append(told)

    async def run(self, script: str):
        """Return the value of JavaScript in the page; a promise is waited for."""
        told = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise AssertionError(f"{script}: {told['exceptionDetails']}")
        return told["result"].get("value")

    async def open(self, address: str) -> float:
        """Go to an address; return the seconds until the page was there."""
        began = time.monotonic()
        await self.ask("Page.navigate", url=address)
        await self.ready()
        return time.monotonic() - began

    async def ready(self) -> None:
        """Wait until the page is there."""
        until = time.monotonic() + PATIENCE
        while await self.run("document.readyState") != "complete":
            assert time.monotonic() < until, "the page did not come"
            await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        """Click what leads to another page, and wait for it."""
        await self.run("window.left = false; true")
        assert await self.run(f"(e => e && (e.click(), true))(document.querySelector({json.dumps(selector)}))"), (
            selector
        )
        until = time.monotonic() + PATIENCE
        while await self.run("window.left === false"):
            assert time.monotonic() < until, f"{selector} led nowhere"
            await asyncio.sleep(0.05)
        await self.ready()

    async def fill(self, selector: str, value: str) -> None:
        """Type into a field, or choose of a list."""
        field = f"document.querySelector({json.dumps(selector)})"
        script = f"(e => {{ e.value = {json.dumps(value)}; return e.value }})({field})"
        assert await self.run(script) == value, selector

    async def text(self, selector: str = "body") -> str:
        """Return what can be read."""
        return await self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    async def barriers(self, address: str) -> list[tuple]:
        """Return what keeps somebody from reading a page, in light and in dark, by axe: the serious findings."""
        axe = (importlib.resources.files("axe_core_python") / "axe.min.js").read_text()
        await self.ask("Page.setBypassCSP", enabled=True)  # axe is a script
        await self.open(address)
        await self.run(f"{axe}; true")
        found = []
        for scheme in ("light", "dark"):
            feature = {"name": "prefers-color-scheme", "value": scheme}
            await self.ask("Emulation.setEmulatedMedia", features=[feature])
            told = json.loads(await self.run("axe.run().then(r => JSON.stringify([r.passes.length, r.violations]))"))
            assert told[0] >= FEWEST_RULES, f"{address}: axe looked at little"
            found += [(address, scheme, v["id"], v["nodes"][0]["html"]) for v in told[1] if v["impact"] in SERIOUS]
        return found

    async def width(self, address: str, screen: int = 360) -> int:
        """Return how wide a page is on a telephone."""
        size = {"width": screen, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        await self.ask("Emulation.setDeviceMetricsOverride", **size)
        await self.open(address)
        return await self.run("document.documentElement.scrollWidth")

    def asked(self) -> set[str]:
        """Return every address that was asked for since the tab was opened."""
        return {e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"}

    async def photograph(
        self, file: Path, width: int = 1280, height: int = 800, whole: bool = False, dark: bool = False
    ):
        """Write a picture of the first screen, or of the whole page."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])
        told = await self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(told["data"]))


@contextlib.asynccontextmanager
async def browser():
    """Yield a function that opens tabs, each with cookies of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            address = await _address(Path(profile) / "DevToolsActivePort")
            whole = Tab(await websocket_connect(address, max_message_size=200_000_000))

            async def tab() -> Tab:
                apart = (await whole.ask("Target.createBrowserContext"))["browserContextId"]
                target = await whole.ask("Target.createTarget", url="about:blank", browserContextId=apart)
                base = address.split("/devtools/")[0]
                page = f"{base}/devtools/page/{target['targetId']}"
                one = Tab(await websocket_connect(page, max_message_size=200_000_000))
                for domain in ("Page", "Runtime", "Network"):
                    await one.ask(f"{domain}.enable")
                return one

            yield tab
        finally:
            process.kill()
            process.wait()


async def _address(file):
    until = time.monotonic() + PATIENCE
    while not (file.exists() and len(file.read_text().splitlines()) > 1):
        assert time.monotonic() < until, "Chromium did not start"
        await asyncio.sleep(0.1)
    port, path = file.read_text().splitlines()[:2]
    return f"ws://127.0.0.1:{port}{path}"
