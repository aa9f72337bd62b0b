"""Opens a report in a headless browser: silent console, marks as the data ask, a working script, screenshots of each section.

Usage: report_check.py BROWSER REPORT.html DATA.json SCREENSHOTS
"""

import json
import pathlib
import sys

from playwright.sync_api import sync_playwright

browser_path, page_path, data_path, folder = sys.argv[1:5]
data = json.loads(pathlib.Path(data_path).read_text(encoding="utf-8"))
folder = pathlib.Path(folder)
folder.mkdir(parents=True, exist_ok=True)


def finite(*values):
    return all(value is not None for value in values)


def drawn(series):
    """1 where a line has anything to draw."""
    return int(any(value is not None for value in series or []))


def of_forest(rows):
    return sum(finite(row["mean"]) + finite(row["low"], row["high"]) for row in rows)


def of_curve(curve):
    low_high = list(zip(curve["low"], curve["high"]))
    if curve["kind"] == "factor":
        # Single draws beyond the scale are left out, and may be: they are not counted here.
        return sum(finite(*pair) for pair in low_high) + sum(map(finite, curve["mean"])) + sum(map(finite, curve.get("plugin", [])))
    inside = [at for at in curve.get("rug", []) if min(curve["x"]) <= at <= max(curve["x"])]
    return (int(any(finite(*pair) for pair in low_high)) + drawn(curve["mean"]) + drawn(curve.get("plugin")) +
            sum(drawn(one) for one in curve.get("draws", [])) + len(inside))


def expected_marks():
    marks = {}
    if "densities" in data:
        marks["densities"] = sum(drawn(d["posterior"]) * (1 + finite(d["low"], d["high"])) + drawn(d.get("prior")) + finite(d["mean"])
                                 for d in data["densities"])
    if "chains" in data:
        marks["chains"] = sum(sum(map(drawn, c["traces"])) + sum(map(drawn, c["ranks"])) for c in data["chains"])
    if "effects" in data:
        marks["effects"] = sum(of_forest(effect["levels"]) for effect in data["effects"])
    if "relevance" in data:
        marks["relevance"] = of_forest(data["relevance"])
    if "checks" in data:
        checks = data["checks"]
        count = sum(finite(s["observed"]) + finite(s["mean"]) + finite(s["q2.5"], s["q97.5"]) for s in checks.get("statistics", []))
        if "bars" in checks:
            bars = checks["bars"]
            count += sum(finite(o) + finite(m) + finite(lo, hi)
                         for o, m, lo, hi in zip(bars["observed"], bars["mean"], bars["low"], bars["high"]))
        marks["checks"] = count
    if any(member in data for member in ("calibration", "pit", "coverage")):
        count = 0
        for level in data.get("calibration", []):
            count += any(finite(b["probability"], b["low"], b["high"]) for b in level["bins"])
            count += sum(finite(b["probability"], b["observed"]) for b in level["bins"])
        if "pit" in data:
            count += sum(map(finite, data["pit"]["shares"])) + finite(data["pit"]["low"], data["pit"]["high"])
        marks["calibration"] = count + sum(finite(c["level"], c["share"]) for c in data.get("coverage", []))
    if "curves" in data:
        marks["curves"] = sum(map(of_curve, data["curves"]))
    if "boundary" in data:
        b = data["boundary"]
        panels = [b[key] for key in ("mean", "sd", "plugin") if key in b]
        cells = sum(finite(value) for panel in panels for row in panel for value in row)
        marks["boundary"] = cells + len(panels) * sum(finite(p["x"], p["y"]) for p in b.get("points", []))
    if "loo" in data:
        marks["loo"] = sum(finite(row["pareto_k"]) for row in data["loo"].get("rows", []))
    return marks


def check_marks(page):
    for section, count in expected_marks().items():
        # Draws of factors stand under the class "draw"; beyond the scale they are not drawn.
        found = page.locator(f"#{section} .mark:not(circle.draw)").count()
        assert found == count, f"{section}: {found} marks are drawn, the data ask for {count}"
        print(f"{section}: {count} marks")


def check_script(page):
    toggle = page.locator("button[data-toggle='0']")
    if toggle.count():
        shown = page.locator("#chains .mark[data-chain='0']:visible").count()
        assert shown > 0, "no mark of chain 1 is visible"
        toggle.click()
        assert page.locator("#chains .mark[data-chain='0']:visible").count() == 0, "chain 1 is not hidden"
        assert toggle.get_attribute("aria-pressed") == "false"
        toggle.click()
        assert page.locator("#chains .mark[data-chain='0']:visible").count() == shown, "chain 1 is not shown again"
    for name, key, ordered in [("level", "index", lambda a, b: a <= b), ("value", "value", lambda a, b: a >= b)]:
        button = page.locator(f"#effects figure >> nth=0 >> button[data-sort='{name}']")
        if button.count():
            button.click()
            places = page.locator("#effects figure >> nth=0 >> .row").evaluate_all(
                f"rows => rows.map(row => row.dataset.{key}).filter(value => value !== undefined).map(Number)")
            assert places and all(ordered(a, b) for a, b in zip(places, places[1:])), f"the forest is not sorted by {name}"
    head = page.locator("#parameters thead th:nth-child(3) button")
    if head.count():
        for ascending in (True, False):
            head.click()
            values = page.locator("#parameters tbody td:nth-child(3)").evaluate_all(
                "cells => cells.map(cell => cell.dataset.value).filter(value => value !== undefined).map(Number)")
            assert values == sorted(values, reverse=not ascending), "the table of parameters is not sorted"
        page.emulate_media(media="print")
        assert head.inner_text() == "Mean", "the table's heads are not printed"
        page.emulate_media(media="screen")
    row = page.locator("#effects .row >> nth=0")
    if row.count():
        row.hover()
        assert page.locator(".tip").text_content() == row.get_attribute("data-tip"), "no tip is shown"


def check_overflow(page, where):
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{where}: the page is {wide} pixels wider than the window"
    # A label that reaches over its picture's own edge would be cut or lie on its neighbour.
    cut = page.evaluate("""() => [...document.querySelectorAll('svg.plot text')].filter(text => {
        const box = text.getBoundingClientRect(), frame = text.closest('svg.plot').getBoundingClientRect();
        return box.left < frame.left - 3 || box.right > frame.right + 3 || box.bottom > frame.bottom + 3 || box.top < frame.top - 3;
    }).map(text => text.closest('section').id + ': ' + text.textContent)""")
    assert not cut, f"{where}: labels reach out of their pictures: {cut[:5]}"


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
    for scheme in ("light", "dark"):
        for where, width, height in [("desk", 1280, 900), ("phone", 375, 800)]:
            context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
            page = context.new_page()
            told, asked = [], []
            page.on("console", lambda message: told.append(message.text))
            page.on("pageerror", lambda error: told.append(str(error)))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(pathlib.Path(page_path).resolve().as_uri())
            if (scheme, where) == ("light", "desk"):
                check_marks(page)
                check_script(page)
                page.mouse.move(0, 0)
            check_overflow(page, f"{scheme}, {where}")
            page.screenshot(path=folder / f"{scheme}-{where}-top.png")
            # What sticks to the window's edge would lie over the sections.
            page.evaluate("document.querySelectorAll('nav, .rows:not(.long) .head').forEach(one => one.style.position = 'static')")
            for section in page.locator("main > section").all():
                section.screenshot(path=folder / f"{scheme}-{where}-{section.get_attribute('id')}.png")
            outside = [url for url in asked if not url.startswith(("file:", "data:"))]
            assert not told, f"the console says: {told}"
            assert not outside, f"the page asked for: {outside}"
            context.close()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(pathlib.Path(page_path).resolve().as_uri())
    check_marks(page)
    page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
    context.close()
    browser.close()
print(f"the report is drawn as its data ask; screenshots in {folder}")
