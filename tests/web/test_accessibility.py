"""axe-core's rules on every kind of page, in both themes."""
import pathlib
import subprocess

import pytest

from harness import CLUSTER

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = {
    "stores": f"#/schemas/{CLUSTER}",
    "fields": f"#/schemas/{CLUSTER}/orders?field=ship_to.country",
    "union": f"#/schemas/{CLUSTER}/orders?field=payment",
    "differences": f"#/schemas/{CLUSTER}/members/10..36",
    "json": f"#/schemas/{CLUSTER}/orders?view=json",
    "missing schema": f"#/schemas/{CLUSTER}/orders/99",
}


@pytest.fixture(scope="module")
def axe():
    place = subprocess.run([ROOT / "scripts/test-node", "web"], capture_output=True, text=True, check=True, timeout=120).stdout.strip()
    return (pathlib.Path(place) / "node_modules/axe-core/axe.min.js").read_text()


# Dark differs in its colours only.
@pytest.mark.parametrize("scheme, rules", [
    ("light", ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]),
    ("dark", ["color-contrast"]),
])
def test_axe_finds_nothing(window, axe, scheme, rules):
    # The tool evaluates code in the page, which the page's own policy forbids.
    console = window(color_scheme=scheme, bypass_csp=True)
    found = []
    for name, address in PAGES.items():
        page = console.open(address)
        page.wait_for_selector("[role=option], [role=treeitem], .change, .raw pre, .notice")
        if name == "missing schema":
            page.keyboard.press("?")
        page.evaluate(axe)
        result = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", rules)
        found += [f"{name}: {one['id']}: {one['help']}: {node['html'][:200]} {node['failureSummary'][:300]}" for one in result["violations"] for node in one["nodes"][:3]]
    assert found == []
