"""The page in a real Chromium: it draws, fits, and answers to mouse and keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import intlite
from intlite.datasets import random_inputs
from intlite.inspect.report import write_report

ROOT = Path(__file__).resolve().parents[3]
MODELS = {
    "cnn": ROOT / "models" / "mnist_cnn_quant.tflite",
    "resnet": ROOT / "tests" / "zoo" / "models" / "resnet8_quant.tflite",
}
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="there is no Chromium: Debian's packages chromium and chromium-driver",
    ),
    # Of selenium's own connections to the driver.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder, found = tmp_path_factory.mktemp("reports"), {}
    for name, path in MODELS.items():
        model = intlite.load(path)
        file = folder / f"{name}.html"
        write_report(model, random_inputs(model, 0, 2), file, name=path.name, origin="random")
        found[name] = file.as_uri()
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def open_page(driver: Any, url: str, size: str = "wide", scheme: str = "light") -> None:
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    driver.get("about:blank")
    driver.get(url)
    assert driver.get_log("browser") == []


def heading(driver: Any) -> str:
    text: str = driver.execute_script("return document.querySelector('#details h2').innerText")
    return text.split("\n")[0]


def press(driver: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    chain = ActionChains(driver)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_everything_fits(
    chromium: Any, pages: dict[str, str], name: str, size: str, scheme: str
) -> None:
    """Nothing is wider than the window but what scrolls, and no text hides in its ground."""
    open_page(chromium, pages[name], size, scheme)
    assert chromium.execute_script(
        "const page = document.documentElement; return page.scrollWidth <= page.clientWidth"
    )
    outside = chromium.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => {"
        "  const scrolls = e.closest('.scroll, .canvas, .skip, .unseen');"
        "  return !scrolls && e.getBoundingClientRect().right > innerWidth + 1;"
        "}).map(e => e.outerHTML.slice(0, 80))"
    )
    assert outside == []
    shown = chromium.execute_script("return document.querySelectorAll('#details article').length")
    assert shown >= 2
    contrasts = chromium.execute_script(CONTRAST)
    assert contrasts
    assert {text: c for text, c in contrasts.items() if c < 4.5} == {}


# The least contrast of text to the nearest ground behind it, by class of element.
CONTRAST = """
const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
const light = c => {
  const [r, g, b] = c.map(v => v / 255).map(
    v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ground = e => {
  for (; e; e = e.parentElement) {
    const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c.slice(0, 3);
  }
  return [255, 255, 255];
};
const found = {};
for (const e of document.querySelectorAll('body *:not(script)')) {
  if (e.closest('svg') || e.disabled || !e.getClientRects().length) continue;
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  const a = light(parse(getComputedStyle(e).color).slice(0, 3)), b = light(ground(e));
  const key = `${e.tagName} ${e.className}`;
  found[key] = Math.min(found[key] ?? 99, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
}
return found;
"""


def test_dark_is_dark(chromium: Any, pages: dict[str, str]) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        open_page(chromium, pages["cnn"], "wide", scheme)
        color = chromium.execute_script("return getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(map(int, color[4:-1].split(","))))
    assert grounds[0] > 600
    assert grounds[1] < 150


def test_a_click_shows_the_operator(chromium: Any, pages: dict[str, str]) -> None:
    open_page(chromium, pages["cnn"])
    assert heading(chromium) == "QUANTIZE #0"
    chromium.find_element("css selector", "[data-operator='3']").click()
    assert heading(chromium) == "CONV_2D #3"
    text = chromium.find_element("id", "details").text
    for words in ("Formula", "rintf", "Error against float32", "Other flavours", "stride h"):
        assert words in text
    pressed = chromium.find_elements("css selector", ".node[aria-pressed='true']")
    assert [n.get_attribute("data-operator") for n in pressed] == ["3"]
    # The table and the charts lead there too.
    chromium.find_element("css selector", "tr[data-row='7'] .link").click()
    assert heading(chromium) == "FULLY_CONNECTED #7"
    chromium.find_element("css selector", "[data-chart='noise'] [data-select='5']").click()
    assert heading(chromium) == "CONV_2D #5"
    assert chromium.current_url.endswith("#op5")


def test_by_keyboard_alone(chromium: Any, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(chromium, pages["resnet"])
    for _ in range(12):
        press(chromium, Keys.TAB)
        if chromium.switch_to.active_element.get_attribute("data-operator"):
            break
    assert chromium.switch_to.active_element.get_attribute("data-operator") == "0"
    press(chromium, Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    assert heading(chromium) == "CONV_2D #2"
    assert chromium.switch_to.active_element.get_attribute("data-operator") == "2"
    press(chromium, Keys.END)
    assert heading(chromium).startswith("SOFTMAX")
    press(chromium, Keys.HOME, Keys.ENTER)
    assert chromium.switch_to.active_element.get_attribute("id") == "details"
    press(chromium, Keys.ESCAPE)
    assert chromium.switch_to.active_element.get_attribute("data-operator") == "0"
    # Only one node is in the order of tabs; the table's buttons follow.
    tabbable = chromium.find_elements("css selector", ".node[tabindex='0']")
    assert len(tabbable) == 1


def test_sideways_goes_to_the_neighbour_in_the_row(chromium: Any, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    open_page(chromium, pages["resnet"])
    tops = chromium.execute_script(
        "return [...document.querySelectorAll('[data-operator]')].map(n => "
        "[Number(n.dataset.operator), Math.round(n.getBoundingClientRect().top)])"
    )
    rows: dict[int, list[int]] = {}
    for operator, top in tops:
        rows.setdefault(top, []).append(operator)
    pair = next(row for row in rows.values() if len(row) == 2)
    node = chromium.find_element("css selector", f"[data-operator='{pair[0]}']")
    node.click()
    seen = {heading(chromium)}
    press(chromium, Keys.ARROW_RIGHT)
    seen.add(heading(chromium))
    press(chromium, Keys.ARROW_LEFT)
    seen.add(heading(chromium))
    assert {int(label.split("#")[1]) for label in seen} == set(pair)


def test_zoom(chromium: Any, pages: dict[str, str]) -> None:
    open_page(chromium, pages["cnn"])

    def width() -> float:
        found: float = chromium.execute_script(
            "return document.getElementById('graph').getBoundingClientRect().width"
        )
        return found

    before = width()
    chromium.find_element("css selector", "[data-zoom='in']").click()
    assert width() == pytest.approx(before * 1.25, rel=0.01)
    chromium.find_element("css selector", "[data-zoom='fit']").click()
    inside = chromium.execute_script(
        "const c = document.getElementById('canvas');"
        "return c.scrollHeight <= c.clientHeight && c.scrollWidth <= c.clientWidth"
    )
    assert inside
    chromium.find_element("css selector", "[data-operator='0']").click()
    press(chromium, "+", "+")
    assert width() > before * 0.5
    press(chromium, "0")
    assert chromium.execute_script("return document.getElementById('canvas').scrollTop") == 0


def test_the_table_sorts(chromium: Any, pages: dict[str, str]) -> None:
    open_page(chromium, pages["cnn"])

    def column() -> list[int]:
        rows: list[str] = chromium.execute_script(
            "return [...document.querySelectorAll('tr[data-row]')].map(r => r.dataset.row)"
        )
        return [int(row) for row in rows]

    header = chromium.find_element("css selector", "th[data-sort='macs']")
    header.find_element("css selector", "button").click()
    model = intlite.load(MODELS["cnn"])
    assert header.get_attribute("aria-sort") == "descending"
    order = column()
    assert sorted(order) == list(range(len(model.graph.operators)))
    assert model.graph.operators[order[0]].name == "CONV_2D"
    header.find_element("css selector", "button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    chromium.find_element("css selector", "th[data-sort='index'] button").click()
    assert column() == sorted(order)


def test_controls_have_names(chromium: Any, pages: dict[str, str]) -> None:
    """What the accessibility tree calls each control."""
    open_page(chromium, pages["cnn"])
    tree = chromium.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    shown = [n for n in tree if not n.get("ignored")]
    roles = [n["role"]["value"] for n in shown if "role" in n]
    buttons = [n for n in shown if n.get("role", {}).get("value") == "button"]
    assert all(n["name"]["value"].strip() for n in buttons)
    names = {n["name"]["value"] for n in buttons}
    assert {"Zoom in", "Zoom out", "Next operator", "CONV_2D #1 1x14x14x16"} <= names
    assert {"toolbar", "table", "main", "heading", "region"} <= set(roles)


def test_a_picture_is_not_empty(chromium: Any, pages: dict[str, str], tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for size in SIZES:
        open_page(chromium, pages["resnet"], size)
        file = tmp_path / f"{size}.png"
        assert chromium.save_screenshot(str(file))
        with image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        assert pixels.shape[:2] == SIZES[size][::-1]
        assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


def test_a_selection_is_announced(chromium: Any, pages: dict[str, str]) -> None:
    open_page(chromium, pages["cnn"])
    status = chromium.find_element("css selector", "[role='status']")
    chromium.find_element("css selector", "[data-operator='1']").click()
    assert status.get_attribute("textContent").startswith("CONV_2D #1")
