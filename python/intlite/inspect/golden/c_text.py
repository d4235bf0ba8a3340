"""Values as C99 text: names, numbers and arrays."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# C's name of an element type; elements of others are not written.
C_TYPES: Final = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "bool": "uint8_t",
    "float32": "float",
    "float64": "double",
}
PER_LINE: Final = 16
_SPACE = ord(" ")


def identifier(text: str) -> str:
    """The text as part of a C identifier."""
    return re.sub(r"\W", "_", text, flags=re.ASCII)


def comment(text: str) -> str:
    """The text, which may come from a file, so that it stays within its C comment."""
    plain = "".join(c if " " <= c <= "~" else "?" for c in text)
    return plain.replace("*/", "*?").replace("/*", "/?").replace("??", "?")


def number(value: float | np.generic) -> str:
    """A constant expression of exactly this value; floats in hexadecimal."""
    if isinstance(value, np.float32):
        return _real(float(value), "f")
    if isinstance(value, float):  # np.float64 too
        return _real(float(value), "")
    whole = int(value)
    if whole == -(2**31):
        return "(-2147483647 - 1)"
    if whole == -(2**63):
        return "(-INT64_C(9223372036854775807) - 1)"
    if not -(2**31) < whole < 2**31:
        return f"UINT64_C({whole})" if whole >= 2**63 else f"INT64_C({whole})"
    return f"({whole})" if whole < 0 else str(whole)


def _real(value: float, suffix: str) -> str:
    if np.isnan(value):
        return "NAN"
    if np.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    text = value.hex() + suffix
    return f"({text})" if value < 0 else text


def array(name: str, values: NDArray[Any]) -> str:
    """The definition of a constant array, flat; one element 0 stands for none."""
    flat = np.ascontiguousarray(values).reshape(-1)
    kind = C_TYPES[flat.dtype.name]
    if flat.size == 0:
        return f"static const {kind} {name}[1] = {{0}}; /* empty */\n"
    head = f"static const {kind} {name}[{flat.size}] = {{\n"
    return head + _elements(flat) + "\n};\n"


def _elements(flat: NDArray[Any]) -> str:
    if flat.dtype.itemsize == 1:
        return _bytes(flat.astype(np.int16))
    if flat.dtype.kind == "f":
        words = [number(flat.dtype.type(v)) for v in flat]
    else:
        words = [str(v) if abs(v) < 2**31 else number(v) for v in map(int, flat.tolist())]
    step = PER_LINE // 4 if flat.dtype.kind == "f" else PER_LINE // 2
    lines = [words[i : i + step] for i in range(0, len(words), step)]
    return ",\n".join("  " + ", ".join(line) for line in lines)


def _bytes(values: NDArray[np.int16]) -> str:
    """Small numbers by a table: models have millions."""
    low = int(values.min())
    words = [f"{v},".rjust(5) for v in range(low, int(values.max()) + 1)]
    table = np.array([list(word.encode()) for word in words], np.uint8)
    lines = -(-values.size // PER_LINE)
    cells = np.full((lines * PER_LINE, 5), _SPACE, np.uint8)
    cells[: values.size] = table[values - low]
    ends = np.full((lines, 1), ord("\n"), np.uint8)
    text = np.hstack([cells.reshape(lines, PER_LINE * 5), ends])
    return text.tobytes().decode("ascii").rstrip(" ,\n")
