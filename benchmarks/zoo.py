#!/usr/bin/env python3
"""Whole models: intlite against LiteRT with XNNPACK, its default, on as many threads.

Each model runs in a process of its own (``benchmarks/contest.py``). Outputs are compared
bit for bit; then both are timed in turns, set_tensor, invoke and get_tensor together,
and intlite's ``model(x)`` beside them. LiteRT gets a batch by resize_tensor_input where
the model lets it, else one sample after the other, which the table says. Peak memory
beyond the model's file is what a process that has numpy grows by: runtime and model; and
by loading and running the same model there again. The exit status is 1 if any output
differs, or a runtime dies.

onnxruntime is not among the contestants: it has no .tflite models, and what converters
make of them computes other bits, by other operators, so that no fair pair exists.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.plots import SAVE_HELP, plot_ratios
from benchmarks.table import WIDTH, header, machine
from benchmarks.timing import geometric_mean

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "tests" / "zoo" / "models", ROOT / "models")
CONTEST = ROOT / "benchmarks" / "contest.py"
FOOTPRINT = ROOT / "benchmarks" / "footprint.py"
OURS = ("intlite.Interpreter", "intlite model(x)")
TIMEOUT = 3600
LEGEND = """\
ms: median over the rounds for one sample, +- half the distance of the quartiles.
vs LiteRT: LiteRT's time by intlite's, median over the rounds; above 1 is faster than LiteRT.
by: how LiteRT and intlite.Interpreter got a batch, if not resized to it; model(x) takes any."""


def models(folders: list[Path], only: list[str]) -> list[Path]:
    """The files to run, by name; of several of a name the newest: build/zoo keeps old ones."""
    found: dict[str, Path] = {}
    for folder in (*FOLDERS, *folders):
        newest_last = sorted(folder.rglob("*.tflite"), key=lambda path: path.stat().st_mtime)
        of_folder = {path.stem: path for path in newest_last}
        found.update(sorted(of_folder.items()))
    return [path for name, path in found.items() if not only or any(o in name for o in only)]


def child(script: Path, path: Path, *options: str) -> dict[str, Any] | str:
    """What a script found about a model; or how it ended."""
    try:
        done = subprocess.run(
            [sys.executable, str(script), str(path), *options],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {TIMEOUT} s"
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
        return f"exit status {done.returncode}: {last[:300]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run(path: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything about one model."""
    options = [
        f"--threads={','.join(map(str, arguments.threads))}",
        f"--batches={','.join(map(str, arguments.batches))}",
        f"--rounds={arguments.rounds}",
        f"--turn={arguments.turn}",
        f"--limit={arguments.limit}",
    ]
    found = child(CONTEST, path, *options)
    if isinstance(found, str):  # resizing kills LiteRT on some models
        found = child(CONTEST, path, *options, "--one-by-one")
    about = {"file": path.name, "bytes": path.stat().st_size}
    if isinstance(found, str):
        return {**about, "not_run": found, "failed": True}
    if "not_run" in found:  # refused, with the reason
        return {**about, **found, "failed": False}
    batches = sorted({1, max(arguments.batches)})
    peaks = [memory(path, n) for n in batches]
    return {**about, "not_run": None, "failed": False, **found, "memory": peaks}


def memory(path: Path, batch: int) -> dict[str, Any]:
    """Bytes of each runtime at a batch size, one thread; None where it doesn't run."""
    found: dict[str, Any] = {"batch": batch}
    for who in ("LiteRT", "intlite"):
        result = child(FOOTPRINT, path, f"--by={who}", f"--batch={batch}")
        found[who] = None if isinstance(result, str) else result
    return found


def differing(results: list[dict[str, Any]]) -> int:
    return sum(sum(r["comparison"]["differing"].values()) for r in results if r["not_run"] is None)


def summary(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Geometric means and the lowest model, for each number of threads and batch size."""
    rows = []
    ran = [r for r in results if r["not_run"] is None]
    cells = dict.fromkeys((t["threads"], t["batch"]) for r in ran for t in r["times"])
    for threads, batch in cells:
        for kind in ("all", *dict.fromkeys(r["kind"] for r in ran)):
            ratios = {
                who: {
                    r["file"]: t["to_litert"][who]
                    for r in ran
                    for t in r["times"]
                    if (t["threads"], t["batch"]) == (threads, batch) and kind in ("all", r["kind"])
                }
                for who in OURS
            }
            if not ratios[OURS[0]]:
                continue
            rows.append(
                {
                    "threads": threads,
                    "batch": batch,
                    "models": kind,
                    "count": len(ratios[OURS[0]]),
                    "geometric_mean": {
                        who: geometric_mean(list(of.values())) for who, of in ratios.items()
                    },
                    "lowest": {
                        who: {"file": min(of, key=of.__getitem__), "to_litert": min(of.values())}
                        for who, of in ratios.items()
                    },
                }
            )
    return rows


# ------------------------------------------------------------------------------- table


def table(results: list[dict[str, Any]]) -> str:
    lines = [LEGEND, "=" * WIDTH]
    for result in results:
        lines += [*model_lines(result), "=" * WIDTH]
    lines += ["geometric means of vs LiteRT", *summary_lines(summary(results)), "=" * WIDTH]
    return "\n".join(lines)


def model_lines(result: dict[str, Any]) -> list[str]:
    name = result["file"]
    if result["not_run"] is not None:
        first = str(result["not_run"]).splitlines()
        return [f"{name}: not run", *(f"  {line}"[:WIDTH] for line in first[:4])]
    comparison = result["comparison"]
    count = sum(comparison["differing"].values())
    checked = comparison["outputs"] * len(comparison["differing"])
    row = "  {:>7}{:>6}{:>10}{:>5}{:>12}{:>5}{:>10}{:>10}{:>5}{:>8}  {}".format
    lines = [
        f"{name}, {result['bytes'] / 1e6:.2f} MB, {result['kind']}: "
        f"{count} of {checked} outputs differ",
        row("threads", "batch", "LiteRT ms", "+-", "Interpreter", "+-", "vs LiteRT",
            "model(x)", "+-", "vs", "by"),
    ]  # fmt: skip
    for t in result["times"]:
        seconds = t["seconds"]
        ms = {who: f"{s['median'] / t['batch'] * 1e3:.4g}" for who, s in seconds.items()}
        spread = {who: f"{min(s['spread'], 9.99):.0%}" for who, s in seconds.items()}
        ratio = {who: f"{r:.2f}x" for who, r in t["to_litert"].items()}
        cells = [ms["LiteRT"], spread["LiteRT"], ms[OURS[0]], spread[OURS[0]], ratio[OURS[0]]]
        cells += [ms[OURS[1]], spread[OURS[1]], ratio[OURS[1]]]
        lines.append(row(t["threads"], t["batch"], *cells, by(t)).rstrip())
    lines += [memory_line(m) for m in result["memory"]]
    return lines


def by(times: dict[str, Any]) -> str:
    """How the interpreters got a batch, where one had to take it sample by sample."""
    if times["batch"] == 1 or set(times["by"].values()) == {"resized"}:
        return ""
    return "/".join(way for way in dict.fromkeys(times["by"].values()))


def memory_line(found: dict[str, Any]) -> str:
    def mb(peak: dict[str, int] | None) -> str:
        if peak is None:
            return "does not run"
        return f"{peak['process'] / 1e6:.1f} MB, again {peak['again'] / 1e6:.2f}"

    return (
        f"  peak beyond the file, batch {found['batch']}: "
        f"LiteRT {mb(found['LiteRT'])}; intlite {mb(found['intlite'])}"
    )


def summary_lines(rows: list[dict[str, Any]]) -> list[str]:
    row = "  {:>7}{:>6}  {:<8}{:>6}  {:<20}{:>6}  {:<7}{}".format
    lines = [row("threads", "batch", "models", "count", "called", "mean", "lowest", "")]
    for r in rows:
        for who in OURS:
            low = r["lowest"][who]
            mean, lowest = f"{r['geometric_mean'][who]:.2f}x", f"{low['to_litert']:.2f}x"
            cells = (r["threads"], r["batch"], r["models"], r["count"], who, mean, lowest)
            lines.append(row(*cells, low["file"].removesuffix(".tflite")).rstrip())
    return lines


def numbers(text: str) -> list[int]:
    found = [int(part) for part in text.split(",")]
    if min(found) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return found


def parse() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models", type=Path, action="append", default=[], help="a further folder of .tflite files"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="models with this in their name"
    )
    parser.add_argument("--threads", type=numbers, help="such as 1,2, the default")
    parser.add_argument("--batches", type=numbers, help="such as 1,8,64, the default")
    parser.add_argument("--rounds", type=int, help="of timing (default 15)")
    parser.add_argument("--quick", action="store_true", help="3 short rounds, batches 1 and 8")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    parser.add_argument("--plot", metavar="FILE", help=SAVE_HELP)
    arguments = parser.parse_args()
    quick = arguments.quick
    arguments.threads = arguments.threads or [1, 2]
    arguments.batches = arguments.batches or ([1, 8] if quick else [1, 8, 64])
    arguments.rounds = arguments.rounds or (3 if quick else 15)
    arguments.turn = 1e-3 if quick else 5e-3
    arguments.limit = 2.0 if quick else 20.0
    return arguments


def main() -> int:
    arguments = parse()
    about = machine()
    print(header(about), flush=True)
    results = []
    for path in models(arguments.models, arguments.only):
        print(f"  {path.stem} ...", file=sys.stderr, flush=True)
        results.append(run(path, arguments))
    found = {
        "machine": about,
        "differing_outputs": differing(results),
        "models": results,
        "summary": summary(results),
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(found, indent=1) + "\n")
    print(table(results))
    if arguments.plot:
        plot_ratios(results, OURS[0], header(about), arguments.plot)
    return 1 if found["differing_outputs"] or any(r["failed"] for r in results) else 0


if __name__ == "__main__":
    sys.exit(main())
