"""The GPUs of this machine, from NVIDIA's driver, or from ``LEPTON_GPUS`` for other vendors."""

from __future__ import annotations

import contextlib
import logging
import socket
from typing import Any

from django.conf import settings

from apps.common.jobs import Queue
from apps.compute.models import Gpu
from apps.compute.services import NO_GPUS, GpuReport, LocalGpus

logger = logging.getLogger(__name__)

GIGABYTE = 1024**3
VISIBLE_BY_NUMBER = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")

host_name = socket.gethostname()


def gpus_here() -> list[GpuReport] | None:
    """Return the GPUs of this machine, none without a list or a driver; ``None`` if they could not be read."""
    listed = settings.LEPTON_GPUS
    return [_listed(index, entry) for index, entry in enumerate(listed)] if listed else _seen_by_driver()


def local_gpus(queue: str) -> LocalGpus:
    """Return the GPUs of this machine with their current free memory; none for the queue for CPUs."""
    if queue != Queue.GPU:
        return NO_GPUS
    return LocalGpus(host_name, {gpu.uuid: gpu.free_bytes for gpu in gpus_here() or ()})


def environment_for(gpu: Gpu) -> dict[str, str]:
    """Return the variables that let a process see this GPU and no other."""
    if gpu.uuid.startswith(("GPU-", "MIG-")):
        return {"CUDA_VISIBLE_DEVICES": gpu.uuid}
    return dict.fromkeys(VISIBLE_BY_NUMBER, str(gpu.index))


def _listed(index: int, entry: str) -> GpuReport:
    name, _, gigabytes = entry.rpartition(":")
    memory = int(float(gigabytes) * GIGABYTE)
    return GpuReport(f"{host_name}/{index}", index, name, memory, memory)


def _seen_by_driver() -> list[GpuReport] | None:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError_LibraryNotFound:
        return []
    except pynvml.NVMLError_DriverNotLoaded:  # for ever or for a moment: nobody can tell
        return None
    except pynvml.NVMLError as error:
        logger.warning("the GPUs could not be read: %s", error)
        return None
    try:
        seen = (_describe_if_readable(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount()))
        return [gpu for gpu in seen if gpu is not None]
    except pynvml.NVMLError as error:
        logger.warning("the GPUs could not be read: %s", error)
        return None
    finally:
        with contextlib.suppress(pynvml.NVMLError):
            pynvml.nvmlShutdown()


def _describe_if_readable(nvml: Any, index: int) -> GpuReport | None:
    try:
        return _describe(nvml, index)
    except nvml.NVMLError as error:  # one that fell off its bus must not hide the others
        logger.warning("GPU %s could not be read: %s", index, error)
        return None


def _describe(nvml: Any, index: int) -> GpuReport:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    uuid, name = nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle)
    return GpuReport(str(uuid), index, str(name), int(memory.total), int(memory.free))
