"""The page as text: all of it is inside, names can't break it, and the verb writes it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import intlite
from intlite.cli.app import app
from intlite.datasets import random_inputs
from intlite.inspect.report import render
from intlite.inspect.report.page import percent, quantity, time_text
from intlite.quantization import per_tensor

from ...models import Network

ROOT = Path(__file__).resolve().parents[3]
MODEL = ROOT / "models" / "mnist_cnn_quant.tflite"
VOID = {"meta", "link"}


class Page(HTMLParser):
    """Elements and text; what is opened must be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.scripts: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(text)

    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found


@pytest.fixture(scope="module")
def html() -> str:
    model = intlite.load(MODEL)
    return render(model, random_inputs(model, 0, 2), name="cnn.tflite", origin="random")


def test_the_page_needs_no_network(html: str) -> None:
    for tag, attributes in Page(html).elements:
        assert tag not in ("img", "iframe", "object", "embed", "audio", "video")
        assert "src" not in attributes
        assert str(attributes.get("href", "#")).startswith(("#", "data:"))
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in html
    assert "@import" not in html
    assert set(re.findall(r"https?://[^\s\"']+", html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import)\s*\(", html)


def test_every_operator_is_there(html: str) -> None:
    page, model = Page(html), intlite.load(MODEL)
    nodes = [a for tag, a in page.elements if tag == "g" and a.get("data-operator")]
    assert [n["data-operator"] for n in nodes] == [str(op.index) for op in model.graph.operators]
    assert all(n["role"] == "button" and n["aria-label"] for n in nodes)
    assert [n["tabindex"] for n in nodes].count("0") == 1
    data = page.data()
    assert [op["label"] for op in data["operators"]] == [op.label for op in model.graph.operators]
    assert data["flavours"] == ["litert-builtin", "litert-reference", "tflm"]
    conv = data["operators"][1]
    assert conv["constants"]["rounding"] == "fp32"
    assert conv["options"]["padding"] == "SAME"
    assert conv["seconds"] > 0
    assert conv["error"]["whole"]["decibels"] > 20
    histogram = data["tensors"][str(conv["outputs"][0])]["statistics"]
    assert sum(histogram["counts"]) == histogram["count"] == 2 * 14 * 14 * 16


def test_differences_between_flavours_are_those_of_their_traces(html: str) -> None:
    models = {n: intlite.load(MODEL, numerics=n) for n in ("litert", "tflm")}
    x = random_inputs(models["litert"], 0, 2)
    own, other = (models[n].trace(*x) for n in ("litert", "tflm"))
    for line in Page(html).data()["operators"]:
        i = line["outputs"][0]
        differing = int(np.sum(own[i].quantized != other[i].quantized))
        assert line["differences"]["tflm"]["differing"] == differing


def test_names_from_the_file_are_only_text() -> None:
    net = Network()
    q = per_tensor(0.5, 0)
    evil = "</script><script>alert(1)</script><!-- \u2028 {{ 7 * 7 }} '\""
    x = net.input((1, 4), "INT8", q, name=evil)
    y = net.output((1, 4), "INT8", q, name=evil + "2")
    net.operator("RELU", [x], [y])
    model = intlite.load(net.bytes())
    html = render(model, random_inputs(model, 0), name=evil, origin=evil)
    page = Page(html)
    assert "alert(1)</script>" not in html
    assert sum(tag == "script" for tag, _ in page.elements) == 2
    assert page.data()["tensors"]["0"]["name"] == evil


def test_a_model_without_operators() -> None:
    net = Network()
    x = net.input((1, 4), "INT8", per_tensor(0.5, 0))
    net._outputs.append(x)
    model = intlite.load(net.bytes())
    assert Page(render(model, random_inputs(model, 0))).data()["operators"] == []


def test_no_samples_are_refused() -> None:
    model = intlite.load(MODEL)
    with pytest.raises(ValueError, match="no samples"):
        render(model, [np.zeros((0, 28, 28, 1), np.uint8)])


def test_numbers_as_text() -> None:
    assert [time_text(s) for s in (None, 2.5e-6, 3e-3, 1.5)] == ["-", "2.5 µs", "3 ms", "1.5 s"]
    assert [quantity(n) for n in (5, 1500, 3.49e6, 3e9)] == ["5", "1.5 k", "3.49 M", "3 G"]
    assert [percent(p) for p in (None, 0.0, 1e-5, 0.25, 1.0)] == [
        "-",
        "0%",
        "<0.1%",
        "25.0%",
        "100%",
    ]


def test_the_verb(tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    arguments = ["report", str(MODEL), "-o", str(file), "--numerics", "tflm"]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["bytes"] == file.stat().st_size
    html = file.read_text(encoding="utf-8")
    assert Page(html).data()["numerics"] == "tflm"
    assert "The inputs are random" in html


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys, runpy; sys.modules['jinja2'] = None; "
        "runpy.run_module('intlite', run_name='__main__')"
    )
    command = [sys.executable, "-c", script, "report", str(MODEL), "-o", str(tmp_path / "r.html")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "pip install 'intlite[report]'" in done.stderr
