"""The program around the verbs: help, statuses, errors in one line, what it imports."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import intlite
from intlite.cli.app import VERBS, app
from intlite.cli.verb import Failure, one_line, verb

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "models" / "mnist_model_quant.tflite"


def child(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """``python -m intlite`` with these arguments, ``before`` run first."""
    script = f"{before}\nimport sys, runpy; runpy.run_module('intlite', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_version() -> None:
    done = child("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"intlite, version {intlite.__version__}"


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert "--json" in result.output
    assert f"Example:\n    intlite {name} " in result.output


def test_help_lists_the_verbs_without_loading_them() -> None:
    done = child(
        "--help",
        before="import atexit, sys; atexit.register(lambda: print('LOADED', sorted(sys.modules)))",
    )
    assert done.returncode == 0
    for name, summary in VERBS.items():
        assert name in done.stdout
        assert summary.split(":")[0] in " ".join(done.stdout.split())
        assert f"'intlite.cli.{name}'" not in done.stdout


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_the_extra_one_line_says_what_to_install(name: str) -> None:
    done = child("inspect", str(MODEL), before=f"import sys; sys.modules[{name!r}] = None")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "pip install 'intlite[cli]'" in done.stderr


@pytest.mark.parametrize(
    ("module", "script", "message"),
    [
        ("PIL", "read_picture(pathlib.Path('x.png'), model.inputs[0])", "pillow.*intlite.cli"),
        ("networkx", "model.graph.to_networkx()", "networkx.*intlite.graph"),
        ("click", "require('click', 'cli', 'this')", "this needs click.*intlite.cli"),
    ],
)
def test_missing_extras_are_named(module: str, script: str, message: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, pathlib; sys.modules[{module!r}] = None\n"
            "import intlite\nfrom intlite.datasets import read_picture\n"
            f"from intlite._util.extras import require\nmodel = intlite.load({str(MODEL)!r})\n"
            f"try:\n    {script}\nexcept intlite.MissingExtraError as e:\n    print(e)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert re.search(message, done.stdout)


def test_an_invalid_file_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.tflite"
    file.write_bytes(MODEL.read_bytes()[:100])
    done = child("inspect", str(file))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("intlite: ")


@pytest.mark.parametrize("arguments", [["no-such-verb"], ["inspect"], ["inspect", "no-such-file"]])
def test_wrong_usage(arguments: list[str]) -> None:
    done = child(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_whoever_reads_may_stop() -> None:
    command = f"{sys.executable} -m intlite inspect {MODEL} | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_results_are_statuses_and_errors_one_line() -> None:
    @verb(example="nothing")
    @click.argument("what")
    def command(what: str, as_json: bool) -> int:
        if what == "unsupported":
            raise intlite.UnsupportedOpError(["A #0: no", "B #1: no"])
        if what == "key":
            raise KeyError("no such tensor")
        return int(what)

    runner = CliRunner()
    assert runner.invoke(command, ["0"]).exit_code == 0
    assert runner.invoke(command, ["1"]).exit_code == 1
    for what, said in [("unsupported", "A #0: no; B #1: no"), ("key", "no such tensor")]:
        result = runner.invoke(command, [what])
        assert result.exit_code == 2
        assert result.stderr.endswith(f"{said}\n")
        assert result.stderr.count("\n") == 1
    assert Failure.exit_code == 2
    assert one_line(ValueError()) == "ValueError"


def test_json_of_what_numpy_holds(capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    from intlite.cli.verb import write_json

    write_json({"a": np.float32(0.5), "b": np.arange(3, dtype=np.int8), "c": float("nan"), 1: ()})
    assert json.loads(capsys.readouterr().out) == {"a": 0.5, "b": [0, 1, 2], "c": None, "1": []}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from intlite.cli import verb as shared

    monkeypatch.setattr(shared, "PATIENCE", 0.0)
    for stream, is_drawn in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with shared.progress("Working") as tick:
            time.sleep(0.05)
            tick(1, 2)
        assert ("Working" in stream.getvalue()) == is_drawn


def test_no_bar_for_what_is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    from intlite.cli import verb as shared

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with shared.progress("Working") as tick:
        tick(1, 2)
    assert "Working" not in stream.getvalue()
