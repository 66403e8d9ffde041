"""The list of stores, and what is around every page."""
import time

from playwright.sync_api import expect

from harness import CLUSTER, http
import stores


def names(page):
    return page.locator("[role=option] .store-name")


def test_a_browser_finds_the_console_and_a_tool_the_routes(venice, console):
    console.page.goto(venice.controller)
    console.page.wait_for_selector("[role=option]")
    assert "/ui/" in console.page.url
    status, headers, body = http(venice.controller, headers={"Accept": "*/*"})
    assert (status, headers["Content-Type"]) == (200, "application/json") and b'"console":"/ui/"' in body


def test_files_are_compressed_and_asked_for_once(venice, console):
    status, headers, body = http(venice.controller + "/ui/", headers={"Accept-Encoding": "gzip"})
    assert status == 200 and headers["Content-Encoding"] == "gzip" and body[:2] == b"\x1f\x8b"
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    status, again, body = http(venice.controller + "/ui/", headers={"Accept-Encoding": "gzip", "If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"") and again["ETag"] == headers["ETag"]


def test_search_by_typing_and_open_by_keys(console):
    page = console.open()
    page.wait_for_selector("[role=option]")
    expect(names(page).first).to_have_text("ads-click-features")
    console.picture("stores")
    page.keyboard.type("feat")  # the search has the focus from the start
    expect(names(page)).to_have_text(["ads-click-features", "ads-impression-features"])
    expect(page.get_by_text("2 of 9 stores")).to_be_visible()
    expect(page.locator("mark").first).to_have_text("feat")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true] .store-name")).to_have_text("ads-impression-features")
    page.wait_for_url("**?q=feat")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("ads-impression-features")
    page.keyboard.press("Escape")
    page.wait_for_selector("[role=option]")
    assert page.url.endswith(f"#/schemas/{CLUSTER}")
    page.go_back()
    page.go_back()
    page.wait_for_selector("[role=option]")
    expect(names(page)).to_have_text(["ads-click-features", "ads-impression-features"])  # the address has the search
    page.keyboard.press("Escape")
    expect(page.get_by_text("9 stores", exact=True)).to_be_visible()
    page.keyboard.type("no such store")
    expect(page.get_by_text("No store matches")).to_be_visible()


def test_hostile_names_and_owners_are_text(console):
    page = console.open()
    expect(page.locator(".store-owner", has_text="<img")).to_have_text(stores.HOSTILE)
    assert page.evaluate("window.hacked") is None and page.locator("#content img").count() == 0


def test_five_thousand_stores(console):
    rows = [{"name": f"store_{i:04d}_of_team_{i % 23}", "cluster": CLUSTER, "owner": f"team{i % 23}", "currentVersion": i % 7,
             "latestValueSchemaId": 1, "valueSchemaCount": 1 + i % 40} for i in range(5000)]
    console.answer("/stores", stores=rows)
    page = console.open()
    expect(page.get_by_text("5,000 stores")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('*').length") < 400
    console.picture("stores-5000")
    start = time.monotonic()
    page.keyboard.type("4999")
    expect(page.locator("[role=option]")).to_have_count(1)
    assert time.monotonic() - start < 2
    page.keyboard.press("Escape")
    for _ in range(3):
        page.keyboard.press("PageDown")
    selected = page.locator("[aria-selected=true]")
    expect(selected).to_be_in_viewport()
    assert int(selected.get_attribute("aria-posinset")) > 30
    page.evaluate("document.querySelector('[role=listbox]').scrollTop = 1e9")
    expect(page.locator("[role=option]", has_text="store_4999")).to_be_visible()


def test_several_clusters(console):
    console.answer("/clusters", clusters=[{"name": "blue", "leader": None}, {"name": "green", "leader": None}])
    console.page.route("**/stores?cluster_name=blue", lambda route: route.fulfill(json={"stores": [], "error": None}))
    console.page.route("**/stores?cluster_name=green", lambda route: route.fulfill(json={"error": None, "stores": [
        {"name": "only", "owner": "", "currentVersion": 3, "latestValueSchemaId": 1, "valueSchemaCount": 1}]}))
    page = console.open()
    expect(page.get_by_text("No stores yet")).to_be_visible()
    expect(page.locator("pre.command")).to_contain_text("venice-admin-tool new-store")
    console.picture("no-stores")
    page.get_by_label("Cluster").select_option("green")
    page.wait_for_selector("[role=option]")
    expect(names(page)).to_have_text(["only"])
    assert page.url.endswith("#/schemas/green")
    page = console.open("#/schemas/red")
    expect(page.get_by_text("does not serve the cluster red")).to_be_visible()
    page.goto(f"{console.controller}/ui/#/attic")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_theme_is_kept_and_keys_are_told(window):
    console = window(color_scheme="light")
    page = console.open()
    page.wait_for_selector("[role=option]")
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.locator("h1").click()
    page.keyboard.press("t")  # light
    page.keyboard.press("t")  # dark
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    page.wait_for_selector("[role=option]")
    assert page.evaluate(background) == dark
    console.picture("stores-dark")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Open the store")
    console.picture("keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    system = window(color_scheme="dark").open()
    assert system.evaluate(background) == dark


def test_failures_in_words_with_a_way_on(console):
    console.page.route("**/clusters", lambda route: route.abort("connectionrefused"))
    page = console.open()
    expect(page.get_by_text("The controller does not answer")).to_be_visible()
    console.picture("controller-down")
    console.page.unroute("**/clusters")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector("[role=option]")
    console.answer("/stores", 503, error="ZooKeeper cannot be reached", errorType="CONNECTION_ERROR")
    page.get_by_label("Load again").click()
    expect(page.get_by_text("ZooKeeper cannot be reached")).to_be_visible()
    console.page.unroute_all()
    console.page.route("**/stores?*", lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("something that is no JSON")).to_be_visible()
    console.expected("/clusters", "ERR_CONNECTION_REFUSED", "/stores", "503 (", "502 (")


def test_the_interface_is_documented(window):
    console = window()
    page = console.page
    page.goto(f"{console.controller}/api-docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() >= 1
    expect(page.locator(".info .title")).to_contain_text("Venice")
    console.picture("api-docs")
    clusters = page.locator(".opblock", has=page.locator("[data-path='/clusters']"))
    clusters.locator(".opblock-summary-control").click()
    clusters.get_by_role("button", name="Try it out").click()
    clusters.get_by_role("button", name="Execute").click()
    expect(clusters.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    expect(clusters.locator(".live-responses-table")).to_contain_text(CLUSTER)
    page.locator("section.models h4 button").click()
    page.wait_for_selector(".model-container")
    page.get_by_role("link", name="Venice console").click()
    page.wait_for_selector("[role=option]")
