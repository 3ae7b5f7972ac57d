"""A real browser, spoken to over two pipes; without one these tests are not there."""

import json
import os
import shutil
import subprocess
import sys

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATH = next((found for found in map(shutil.which, NAMES) if found), None)
collect_ignore_glob = [] if PATH else ["test_*.py"]
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
PROFILE = "--user-data-dir="
# The browser reads orders from 3 and writes answers to 4.
LAUNCH = """
import fcntl, os, sys
high = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 64) for number in sys.argv[1:3]]
os.dup2(high[0], 3)
os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
TROUBLE = {
    "Runtime.exceptionThrown",
    "Runtime.consoleAPICalled",
    "Log.entryAdded",
    "Page.javascriptDialogOpening",
}


class Browser:
    """One tab that is told what to do, and that tells what happened."""

    def __init__(self, folder):
        orders, self.send_end = os.pipe()
        self.read_end, answers = os.pipe()
        numbers = [str(orders), str(answers)]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                LAUNCH,
                *numbers,
                PATH,
                *FLAGS,
                f"{PROFILE}{folder}",
            ],
            pass_fds=(orders, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(answers)
        self.number, self.rest, self.session, self.events = 0, b"", None, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **params):
        """Return the answer to an order, and keep what happens meanwhile."""
        self.number += 1
        order = {"id": self.number, "method": method, "params": params}
        if self.session:
            order["sessionId"] = self.session
        os.write(self.send_end, json.dumps(order).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self.number:
                assert "error" not in told, told
                return told["result"]
            self.events.append(told)

    def open(self, path, width):
        """Open a page at some width, and wait until it is all there."""
        self.events.clear()
        size = {"width": width, "height": 900, "deviceScaleFactor": 1}
        self.ask("Emulation.setDeviceMetricsOverride", mobile=width < 600, **size)
        self.ask("Page.navigate", url=path.as_uri())
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self._next())

    def value(self, expression):
        """Return what an expression is on the page."""
        told = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    @property
    def trouble(self):
        """Return what a person would find in the console, and dialogs."""
        return [event for event in self.events if event.get("method") in TROUBLE]

    @property
    def requests(self):
        """Return the addresses that the page has asked for, itself among them."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]

    def close(self):
        """End the browser."""
        os.close(self.send_end)
        os.close(self.read_end)
        self.process.kill()
        self.process.wait()

    def _next(self):
        while b"\0" not in self.rest:
            read = os.read(self.read_end, 1 << 16)
            assert read, "the browser has gone"
            self.rest += read
        line, _, self.rest = self.rest.partition(b"\0")
        return json.loads(line)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Return a browser."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()
