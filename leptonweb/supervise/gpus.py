"""The number of GPUs of this machine, found without loading a numerical library."""

from __future__ import annotations

from django.conf import settings


def count_gpus() -> int:
    """Return the number of GPUs that ``LEPTON_GPUS`` lists or NVIDIA's driver reports; 0 without either."""
    if settings.LEPTON_GPUS:
        return len(settings.LEPTON_GPUS)
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return 0
    try:
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0
    finally:
        pynvml.nvmlShutdown()
