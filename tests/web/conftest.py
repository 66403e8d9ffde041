"""The console in Chromium, against one running Venice with the stores of stores.py."""
import json
import os
import pathlib
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

import harness  # noqa: E402
import stores  # noqa: E402

# Chromium as root in a container, without the calls home that it makes at every start.
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
# What waits for a state waits this long before it fails: other tests run beside this one.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
# Where pictures of the pages go, for people to look at.
PICTURES = pathlib.Path(os.environ["VENICE_PICTURES"])


@pytest.fixture(scope="session")
def venice(tmp_path_factory):
    with harness.standalone(tmp_path_factory.mktemp("venice")) as running:
        stores.make_stores(running.controller)
        yield running


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Console:
    """One browser window on the console, which notes everything that should not happen."""

    def __init__(self, page, controller):
        self.page = page
        self.controller = controller
        self.problems = []
        self.asked = []
        page.on("console", lambda message: message.type in ("error", "warning") and self.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url} {request.failure}"))
        page.on("response", lambda response: self.answered(response))
        page.add_init_script("addEventListener('securitypolicyviolation', (e) => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))")

    def answered(self, response):
        self.asked.append(response.url)
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")
        if not response.url.startswith((self.controller, "data:")):
            self.problems.append(f"not from here: {response.url}")

    def open(self, hash=""):
        self.page.goto(f"{self.controller}/ui/{hash}")
        self.page.wait_for_selector(".page, .notice")
        return self.page

    def open_store(self, path):
        page = self.open(f"#/schemas/{harness.CLUSTER}/{path}")
        page.wait_for_selector(".schema, .notice")
        return page

    def answer(self, path, status=200, **body):
        """Answers requests for `path` in place of the controller."""
        base = {"cluster": None, "name": None, "error": None, "errorType": None, "exceptionType": None}
        self.page.route(lambda url: url.split("?")[0] == self.controller + path,
                        lambda route: route.fulfill(status=status, content_type="application/json", body=json.dumps({**base, **body})))

    def picture(self, name):
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png")

    def expected(self, *parts):
        """Forgets the problems that contain one of these texts: the test asked for them."""
        self.problems[:] = [problem for problem in self.problems if not any(part in problem for part in parts)]


@pytest.fixture
def window(browser, venice):
    """Makes windows; after the test none of them may have had a problem."""
    made = []

    def make(width=1440, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(PATIENCE_MS)
        made.append((context, Console(context.new_page(), venice.controller)))
        return made[-1][1]

    yield make
    problems = [problem for _, console in made for problem in console.problems]
    for context, _ in made:
        context.close()
    assert problems == []


@pytest.fixture
def console(window):
    return window()
