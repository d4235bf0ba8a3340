#!/usr/bin/env python3
"""Draws roundings.svg: the four ways to rescale an accumulator, at ties and around them."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

from intlite.explanation import ROUNDING_TEXT
from intlite.reference.requantize import rescale
from intlite.runtimes import RUNTIMES

PICTURE = Path(__file__).resolve().parent / "roundings.svg"


def draw() -> None:
    plt.rcParams |= {"svg.hashsalt": "intlite", "svg.fonttype": "none", "font.size": 9}
    # Of 16 accumulators one is a tie.
    accumulators = np.arange(-42, 43)
    figure, axes = plt.subplots(1, 4, figsize=(10, 3), sharey=True, layout="constrained")
    for axis, runtime in zip(axes, RUNTIMES.values(), strict=True):
        policy = runtime.policies[0]
        rounded = rescale(accumulators, np.array(1 / 16), policy.fully_connected, (-128, 127))
        exact = accumulators / 16
        axis.plot(exact, exact, color="silver", lw=1)
        axis.plot(exact, rounded, ".", ms=2, color="tab:blue")
        ties = accumulators % 16 == 8
        axis.plot(exact[ties], rounded[ties], "o", ms=5, color="tab:red")
        text = fill(ROUNDING_TEXT[policy.arithmetic], 22)
        axis.set(title=runtime.name, xlabel=text, xticks=range(-2, 3), yticks=range(-3, 4))
        axis.grid(lw=0.3)
    axes[0].set_ylabel("rounded")
    plt.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    draw()
