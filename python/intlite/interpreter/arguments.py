"""What ``Interpreter`` is made of, checked as LiteRT's checks it."""

from __future__ import annotations

import os
from enum import Enum, unique
from typing import Any

import numpy as np

from ..errors import ModelError
from ..model_bytes import read_bytes, read_file
from ..runtimes import RUNTIMES


@unique
class OpResolverType(Enum):
    """LiteRT's choice of kernels, which decides the arithmetic: see ``intlite.runtimes()``."""

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


def numerics_of(resolver: Any) -> str:
    """The flavour that a resolver type, this module's or LiteRT's, stands for.

    Raises:
        ValueError: It is no resolver type.
    """
    name = getattr(resolver, "name", None)
    for runtime in RUNTIMES.values():
        if name in runtime.resolvers:
            return runtime.name
    raise ValueError(f"Unrecognized passed in op resolver type: {resolver}")


def threads_of(num_threads: Any) -> int:
    """How many threads to use; 1 for None.

    Raises:
        ValueError: It is not an integer >= 1.
    """
    if num_threads is None:
        return 1
    if not isinstance(num_threads, int):
        raise ValueError("type of num_threads should be int")
    if num_threads < 1:
        raise ValueError("num_threads should >= 1")
    return num_threads


def _is_given(source: Any) -> bool:
    """Whether an argument is neither None nor empty; arrays don't say that of themselves."""
    return source.size > 0 if isinstance(source, np.ndarray) else bool(source)


def model_bytes(model_path: Any, model_content: Any) -> bytes:
    """The model's bytes; a file that can't be read is a ValueError, as in LiteRT.

    Raises:
        ValueError: There is none of the two, or both; as ModelError, the file can't be read.
        TypeError: The content is a path.
    """
    if not _is_given(model_path) and not _is_given(model_content):
        raise ValueError("`model_path` or `model_content` must be specified.")
    if _is_given(model_path) and _is_given(model_content):
        raise ValueError("Can't both provide `model_path` and `model_content`")
    if not _is_given(model_path):
        if isinstance(model_content, str | os.PathLike):
            kind = type(model_content).__name__
            raise TypeError(f"model_content must be the bytes of a model, not {kind}")
        return read_bytes(model_content)
    path = os.fspath(model_path)
    try:
        return read_file(path)
    except OSError as error:
        raise ModelError(f"Could not open '{os.fsdecode(path)}': {error.strerror}") from error
