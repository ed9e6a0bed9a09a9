"""Where models compute: named by configuration, refused by a sentence, and only where the answers are the same."""

import numpy as np
import onnxruntime
import pytest

from tasks.artifacts.store import Store
from tasks.inference.devices import NoSuchDevice, agree, providers
from tasks.inference.program import Program
from tasks.inference.server.deployments.package import loader
from tests.serving.packages import line


@pytest.fixture
def with_cuda(monkeypatch):
    """An ONNX Runtime that says it has CUDA, and remembers what sessions were asked to compute on."""
    asked = []
    real = onnxruntime.InferenceSession

    def session(content, options, providers):
        asked.append(providers)
        return real(content, options, providers=["CPUExecutionProvider"])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    return asked


def test_a_device_is_refused_by_what_is_the_matter_with_it():
    assert providers("cpu") == ["CPUExecutionProvider"]
    with pytest.raises(NoSuchDevice, match="“gpu” is no device"):
        providers("gpu")
    with pytest.raises(NoSuchDevice, match="Install the package of it that has the CUDAExecutionProvider"):
        providers("cuda")


@pytest.mark.usefixtures("with_cuda")
def test_a_gpu_has_its_number_and_the_processor_behind_it():
    assert providers("cuda:1") == [("CUDAExecutionProvider", {"device_id": "1"}), "CPUExecutionProvider"]
    with pytest.raises(NoSuchDevice):
        providers("rocm")


def test_a_package_computes_on_the_configured_device(tmp_path, with_cuda):
    address = Store(str(tmp_path)).put(line()).digest
    loaded = loader(str(tmp_path), "cuda")(address)
    assert with_cuda[-1][0] == ("CUDAExecutionProvider", {"device_id": "0"})
    assert loaded.program.predict_rows([{"size": 80.0, "rooms": 3}]).predictions == [164.0]


@pytest.mark.usefixtures("with_cuda")
def test_what_answers_otherwise_on_the_device_stays_on_the_processor(tmp_path, monkeypatch, caplog):
    address = Store(str(tmp_path)).put(line()).digest
    load = Program.load.__func__

    def astray(cls, manifest, files, device="cpu"):
        program = load(cls, manifest, files, device)
        if device != "cpu":
            right = program._predict
            program._predict = lambda matrix: right(matrix) * 1.01
        return program

    monkeypatch.setattr(Program, "load", classmethod(astray))
    loaded = loader(str(tmp_path), "cuda")(address)
    assert loaded.program.predict_rows([{"size": 80.0, "rooms": 3}]).predictions == [164.0]
    assert "stays on the processor" in caplog.text


def test_rounding_is_agreement_and_more_is_none():
    reference = np.array([0.5, 1e6])
    assert agree(reference * (1 + 1e-6), reference)
    assert not agree(np.array([0.5, np.nan]), reference)
    assert not agree(np.array([0.6, 1e6]), reference)
