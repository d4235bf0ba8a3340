"""A child process that times LiteRT: told how many calls to make, it says how long they took.

Started by path, it imports nothing of the project; a runtime that dies takes only its own
process with it. What the runtime prints goes nowhere.
"""

from __future__ import annotations

import os
import pickle
import sys
from time import perf_counter
from typing import Any


def ready(model: bytes, inputs: list[Any], threads: int, samples: int) -> tuple[Any, bool]:
    """A function that runs all samples, and whether it does so one by one.

    It does where the model can't be resized.
    """
    try:
        return caller(model, inputs, threads), False
    except RuntimeError:
        if samples == 1:
            raise
    first = [x[: len(x) // samples] for x in inputs]
    call = caller(model, first, threads)

    def one_by_one() -> None:
        for _ in range(samples):
            call()

    return one_by_one, True


def caller(model: bytes, inputs: list[Any], threads: int) -> Any:
    """A function that makes one call: set the inputs, invoke, get the outputs."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=threads)
    details = interpreter.get_input_details()
    for detail, x in zip(details, inputs, strict=True):
        if tuple(detail["shape"]) != x.shape:
            interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    given = [(detail["index"], x) for detail, x in zip(details, inputs, strict=True)]
    wanted = [detail["index"] for detail in interpreter.get_output_details()]

    def call() -> None:
        for index, x in given:
            interpreter.set_tensor(index, x)
        interpreter.invoke()
        for index in wanted:
            interpreter.get_tensor(index)

    call()
    return call


def answer(request: Any, state: dict[str, Any]) -> tuple[str, Any]:
    """("ok", seconds, or whether samples go one by one), or ("error", text)."""
    try:
        if isinstance(request, tuple):
            state["call"], is_one_by_one = ready(*request)
            return "ok", is_one_by_one
        call = state["call"]
        began = perf_counter()
        for _ in range(request):
            call()
        return "ok", perf_counter() - began
    except Exception as error:
        return "error", f"{type(error).__name__}: {error}"


def main() -> None:
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    state: dict[str, Any] = {}
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(answer(request, state), replies)
        replies.flush()


if __name__ == "__main__":
    main()
