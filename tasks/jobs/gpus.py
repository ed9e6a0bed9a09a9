"""The GPUs of this machine: as NVIDIA's driver sees them now, or as ``LEPTON_GPUS`` lists them for other vendors."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.common.jobs import Queue
from apps.common.leases import holder_name
from apps.compute.models import Gpu
from apps.compute.services import GpuReport, acquire_gpus, is_worth_waiting
from apps.runs.models import NodeRun

logger = logging.getLogger(__name__)

GIGABYTE = 1024**3
VISIBLE_BY_NUMBER = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK")
NO_GPU = "No GPU with enough free memory is there: this runs on the CPU, which takes longer."

host_name = socket.gethostname()


class NoGpuAvailable(Exception):  # noqa: N818 - reads as the fact it reports
    """All GPUs are held just now."""


def gpus_here() -> list[GpuReport]:
    """Return the GPUs of this machine; none where there is neither a list nor a driver."""
    listed = settings.LEPTON_GPUS
    return [_listed(index, entry) for index, entry in enumerate(listed)] if listed else _seen_by_driver()


def free_memory(queue: str) -> dict[str, int]:
    """Return the free memory of each GPU by its id, asked this moment; nothing for a queue that needs none."""
    return {gpu.uuid: gpu.free_bytes for gpu in gpus_here()} if queue == Queue.GPU else {}


def acquire_for(node: NodeRun, free: Mapping[str, int]) -> Gpu | None:
    """Return a GPU that the node's next attempt now holds, or ``None`` when it is to run on the CPU.

    Raises:
        NoGpuAvailable: It is to stay in the queue, because a GPU that is held now will come free.
    """
    if not node.uses_gpu or node.queue != Queue.GPU:
        return None
    acquired = acquire_gpus(host_name=host_name, holder=holder_name(node, node.attempt + 1), free=free)
    if not acquired and is_worth_waiting(host_name=host_name):
        raise NoGpuAvailable
    return acquired[0] if acquired else None


def environment_for(gpu: Gpu) -> dict[str, str]:
    """Return the variables that let a process see this GPU and no other."""
    if gpu.uuid.startswith(("GPU-", "MIG-")):
        return {"CUDA_VISIBLE_DEVICES": gpu.uuid}
    return dict.fromkeys(VISIBLE_BY_NUMBER, str(gpu.index))


def _listed(index: int, entry: str) -> GpuReport:
    name, _, gigabytes = entry.rpartition(":")
    memory = int(float(gigabytes) * GIGABYTE)
    return GpuReport(f"{host_name}/{index}", index, name, memory, memory)


def _seen_by_driver() -> list[GpuReport]:
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        return [_describe(pynvml, index) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError as error:
        logger.warning("the GPUs could not be read: %s", error)
        return []
    finally:
        pynvml.nvmlShutdown()


def _describe(nvml: Any, index: int) -> GpuReport:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    uuid, name = nvml.nvmlDeviceGetUUID(handle), nvml.nvmlDeviceGetName(handle)
    return GpuReport(str(uuid), index, str(name), int(memory.total), int(memory.free))
