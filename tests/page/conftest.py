"""A browser without a network, and pages opened in it as a reader opens them."""

from __future__ import annotations

import shutil

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("needs chromium and chromedriver (Debian: apt install chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd(
        "Network.emulateNetworkConditions",
        {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
    )
    yield driver
    driver.quit()


class Page:
    """One page in the browser, as a reader uses it."""

    def __init__(self, browser, path, address=""):
        self.browser, self.path = browser, path
        browser.get("about:blank")  # so that another address of the same page is read anew
        browser.get(f"file://{path}{address}")

    def one(self, selector):
        return self.browser.find_element("css selector", selector)

    def all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def text(self, selector):
        return self.one(selector).text

    def press(self, key):
        self.one("body").send_keys(key)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def wait(self, script):
        """What a script hands to its last argument, `done`."""
        return self.browser.execute_async_script(f"const done = arguments[0];\n{script}")

    def edit(self, name, number):
        field = self.one(f"input[aria-label='{name}, its number']")
        field.clear()
        field.send_keys(str(number))

    def errors(self):
        return self.browser.get_log("browser")


@pytest.fixture
def read(browser, tmp_path):
    """Opens `viz.steps(…)`, or another page that can be saved, at a width and a height."""

    def opened(steps, width=1280, height=900, scheme="light", motion="no-preference", address=""):
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": motion},
        ]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        return Page(browser, steps.save(tmp_path / "page.html"), address)

    return opened
