"""Options that several verbs share."""

from __future__ import annotations

from typing import Any

import click
import pytest

from intlite.cli.options import size

from .command import IMAGES, MNIST, error, text


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("0", 0),
        ("123", 123),
        ("4k", 4096),
        ("1.5 MB", 3 * 2**19),
        ("512M", 2**29),
        ("2GiB", 2**31),
        ("1T", 2**40),
    ],
)
def test_sizes(written: str, count: int) -> None:
    assert size(written) == count


@pytest.mark.parametrize("written", ["", "-1", "2X", "G", "1e9", "1 2"])
def test_what_is_no_size(written: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a size"):
        size(written)


VERBS: dict[str, tuple[Any, ...]] = {
    "run": (),
    "compare": ("--to", "tflm"),
    "eval": (),
    "golden": ("-o", "vectors"),
    "profile": (),
    "report": ("-o", "report.html"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_too_little_memory_is_one_line_with_the_figures(verb: str) -> None:
    said = error(verb, MNIST, IMAGES, *VERBS[verb], "--max-memory", "3K")
    assert "would take" in said
    assert "the limit is 3072" in said
    assert said.count("\n") == 1


def test_enough_memory() -> None:
    assert "5x10" in text("run", MNIST, IMAGES, "--count", 5, "--max-memory", "64M")
