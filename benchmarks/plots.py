"""Pictures of what was measured. matplotlib draws them: ``pip install "intlite[plot]"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

AREAS = (8, 30, 60, 120, 240, 480)
SAVE_HELP = "draw a picture there: .svg, .png, .pdf (needs matplotlib)"


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise SystemExit('--plot needs matplotlib: pip install "intlite[plot]"') from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    # Text stays text, and the same figures give the same file.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "intlite", "font.size": 8})
    return pyplot


def _save(figure: Any, file: str) -> None:
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.endswith(".svg") else None)


def plot_ratios(results: list[dict[str, Any]], who: str, title: str, file: str) -> None:
    """How many times as fast as LiteRT each model is: a panel for each batch size."""
    plt = _pyplot()
    ran = [r for r in results if r["not_run"] is None]
    batches = sorted({t["batch"] for r in ran for t in r["times"]})
    threads = sorted({t["threads"] for r in ran for t in r["times"]})
    figure, axes = plt.subplots(
        1, len(batches), sharey=True, squeeze=False, figsize=(4 * len(batches), 1 + 0.3 * len(ran))
    )
    height = 0.8 / max(1, len(threads))
    for axis, batch in zip(axes[0], batches, strict=True):
        for k, n in enumerate(threads):
            bars = [
                (i + k * height, t["to_litert"][who])
                for i, r in enumerate(ran)
                for t in r["times"]
                if (t["batch"], t["threads"]) == (batch, n)
            ]
            axis.barh(*zip(*bars, strict=True), height=height, label=f"{n} thread{'s' * (n > 1)}")
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set_xlabel(f"times as fast as LiteRT, batch {batch}")
    axes[0][0].set_yticks(range(len(ran)), [r["file"].removesuffix(".tflite") for r in ran])
    axes[0][0].legend()
    figure.suptitle(title.splitlines()[0])
    _save(figure, file)


def _area(step: dict[str, Any]) -> float:
    """A marker's, for the share of the time that a step takes."""
    return min(AREAS, key=lambda area: abs(area - 1200 * step["share"]))


def plot_roofline(
    models: Sequence[dict[str, Any]],
    peaks: dict[str, float],
    bandwidths: dict[str, float],
    title: str,
    file: str,
) -> None:
    """Each step of each model under the roofs; its area grows with its share of the time.

    Args:
        models: As ``layers.of_model`` gives them.
        peaks: Instruction set -> GMAC/s on registers; the greatest is the roof.
        bandwidths: Name -> GB/s.
        title: Of the picture.
        file: Where to.
    """
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(7, 4.5))
    reach, peak = (0.05, 1000.0), max(peaks.values())
    for style, (name, bandwidth) in zip(("-", "--", ":"), bandwidths.items(), strict=False):
        corner = peak / bandwidth
        xs = [reach[0], min(corner, reach[1]), reach[1]]
        ys = [min(peak, x * bandwidth) for x in xs]
        axis.plot(xs, ys, style, color="gray", label=f"{name}, {bandwidth:.0f} GB/s")
    for isa, height in peaks.items():
        axis.axhline(height, color="gray", linewidth=0.5)
        axis.text(reach[1], height, f"{isa}, {height:.0f} GMAC/s ", ha="right", va="bottom")
    for k, model in enumerate(models):
        label: str | None = model["file"].removesuffix(".tflite")
        for area in AREAS:  # one marker for each keeps the file small
            steps = [s for s in model["steps"] if s["multiplications"] and _area(s) == area]
            xs, ys = [s["intensity"] for s in steps], [s["gmacs"] for s in steps]
            if steps:
                axis.scatter(xs, ys, area, color=f"C{k}", alpha=0.6, linewidths=0, label=label)
                label = None
    axis.set(xscale="log", yscale="log", xlim=reach)
    axis.set_xlabel("multiplications a byte of input, output and weights")
    axis.set_ylabel("GMAC/s")
    for handle in axis.legend().legend_handles:
        if hasattr(handle, "set_sizes"):
            handle.set_sizes([AREAS[1]])
    axis.set_title(title.splitlines()[0], fontsize=8)
    _save(figure, file)


def plot_lines(panels: Sequence[dict[str, Any]], title: str, file: str) -> None:
    """One panel for each quantity that was varied: ``name``, ``unit``, ``x`` and ``lines``."""
    plt = _pyplot()
    figure, axes = plt.subplots(1, len(panels), squeeze=False, figsize=(3.4 * len(panels), 3))
    for axis, panel in zip(axes[0], panels, strict=True):
        for label, ys in panel["lines"].items():
            axis.plot(panel["x"], ys, "o-", label=label)
        axis.set(xscale="log", yscale="log", xlabel=panel["name"], ylabel=panel["unit"])
        axis.set_xticks(panel["x"], [str(x) for x in panel["x"]])
        axis.minorticks_off()
        axis.legend()
    figure.suptitle(title.splitlines()[0])
    _save(figure, file)
