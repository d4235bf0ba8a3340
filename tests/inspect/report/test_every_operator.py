"""Every operator that intlite runs can be exported and reported on, whatever its values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import intlite
from intlite.inspect.golden import export
from intlite.inspect.report import measure, render
from intlite.runtimes import RUNTIMES

from ...sweeps import GENERATORS, make_case
from .test_page import Page

SEED, CASES, WANTED = 11, 12, 2


@pytest.mark.parametrize("operator", sorted(GENERATORS))
def test_export_and_report(operator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "TIMED", 1e-4)
    done = 0
    for index in range(CASES):
        numerics = list(RUNTIMES)[index % 4]
        case = make_case(operator, SEED, index)
        data, inputs = case.build()
        try:
            model = intlite.load(data, numerics=numerics)
            model(*inputs)
        except intlite.IntliteError:
            continue
        if any(t.shape[:1] == (0,) for t in model.inputs):
            continue  # no samples
        export(model, inputs, tmp_path, sums=True)
        described = json.loads((tmp_path / "index.json").read_text())["operators"]
        labels = [op.label for op in model.graph.operators]
        assert [op["label"] for op in described] == labels
        page = Page(render(model, inputs))
        assert [op["label"] for op in page.data()["operators"]] == labels
        done += 1
        if done == WANTED:
            return
    pytest.fail(f"{done} cases of {operator} ran")
