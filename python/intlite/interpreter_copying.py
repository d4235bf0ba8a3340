"""Where pickles of earlier versions look for what makes an interpreter of them."""

from __future__ import annotations

from .interpreter.copying import restored as restored
