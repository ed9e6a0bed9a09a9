"""Where ONNX Runtime computes: the processor, or a GPU by configuration."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

CPU = "cpu"
_CPU_PROVIDER = "CPUExecutionProvider"
_PROVIDERS = {"cuda": "CUDAExecutionProvider", "rocm": "ROCMExecutionProvider"}
_NAME = re.compile(r"(?P<kind>cuda|rocm)(?::(?P<number>\d+))?")

# Where a GPU answers a training row otherwise than the processor by more than this share, the processor answers.
TOLERANCE = 1e-4


class NoSuchDevice(ValueError):
    """A device that ONNX Runtime cannot compute on here; the message is a sentence."""


def providers(device: str) -> list[Any]:
    """Return the execution providers of ONNX Runtime for a device; what a GPU cannot compute, the processor does.

    Args:
        device: ``cpu``, ``cuda``, ``cuda:1``, ``rocm`` or ``rocm:1``.

    Raises:
        NoSuchDevice: The name is none of these, or the installed ONNX Runtime has no such provider.
    """
    if device == CPU:
        return [_CPU_PROVIDER]
    named = _NAME.fullmatch(device)
    if named is None:
        raise NoSuchDevice(f"“{device}” is no device: it is cpu, or cuda or rocm with a number after a colon (cuda:1).")
    import onnxruntime

    provider = _PROVIDERS[named["kind"]]
    if provider not in onnxruntime.get_available_providers():
        raise NoSuchDevice(
            f"The installed ONNX Runtime cannot compute on “{device}”. Install the package of it that has the "
            f"{provider} (for CUDA onnxruntime-gpu) in place of onnxruntime, or choose cpu."
        )
    return [(provider, {"device_id": named["number"] or "0"}), _CPU_PROVIDER]


def agree(ours: np.ndarray, reference: np.ndarray) -> bool:
    """Return whether two outputs of a model for the same rows are the same but for rounding."""
    size = np.maximum(np.abs(reference), 1.0)
    return bool(np.all(np.abs(ours - reference) <= TOLERANCE * size))
