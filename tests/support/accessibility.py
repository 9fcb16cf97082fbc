"""What axe finds on a page, said in one line each."""

from playwright.sync_api import Page

from tests.support.fonts import PROJECT

AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
FORBIDDEN = ("serious", "critical")
_RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


def serious_violations(page: Page) -> list[str]:
    """List the serious and critical violations: rule, impact, what is wrong, where.

    The script goes in through the debugging protocol, which the page's content policy does not govern.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['target']}"
        for found in page.evaluate(_RUN)["violations"]
        if found["impact"] in FORBIDDEN
        for node in found["nodes"]
    ]
