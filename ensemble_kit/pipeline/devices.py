"""Members moved to a GPU, where there is one and their library works on it.

What a member is told is a parameter of its model: predictions of a GPU are then keyed
apart from those of a CPU, and a recorded run says where it was fitted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ensemble_kit.exceptions import MissingDependencyError, PipelineError, require
from ensemble_kit.gpu import count_gpus
from ensemble_kit.model_spec import ModelSpec
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import AUTO, Pipeline

CPU, CUDA = "cpu", "cuda"
DEVICES = (AUTO, CPU, CUDA)
TORCH = "torch"
Trial = Callable[[ModelSpec], str]


@dataclass(frozen=True)
class Moved:
    """A pipeline whose members know their device, and what a reader should know."""

    pipeline: Pipeline
    notes: tuple[str, ...] = ()


def on_device(pipeline: Pipeline, asked: str, trial: Trial | None = None) -> Moved:
    """Return a pipeline whose members are fitted where they are asked to be.

    Parameters
    ----------
    pipeline : Pipeline
    asked : {"auto", "cpu", "cuda"}
        "auto" takes a GPU where there is one. Members that say a device themselves
        keep it.
    trial : callable, optional
        Returns why a model does not work on the GPU, empty where it does; by default
        it is tried on a few rows.

    Raises
    ------
    PipelineError
        When the device is none of these, or "cuda" is asked for and there is none.
    """
    if asked not in DEVICES:
        raise PipelineError(f"--device is {', '.join(DEVICES)}; found {asked!r}")
    n_gpus = count_gpus()
    if asked == CUDA and not n_gpus:
        raise PipelineError(
            "--device cuda: there is no GPU here that CUDA can use (no driver, or "
            "CUDA_VISIBLE_DEVICES hides it); --device auto takes the CPU then"
        )
    if not n_gpus:
        return Moved(pipeline)
    if asked == CPU:
        members = tuple(map(_kept_off, pipeline.members))
        return Moved(replace(pipeline, members=members))
    return _moved(pipeline, trial or why_not)


def _kept_off(member: Member) -> Member:
    """Return a member that would take a GPU by itself, told not to."""
    if member.spec.gpu.get("device") != CUDA or _says(member):
        return member
    return replace(member, params={**member.params, "device": CPU})


def _moved(pipeline: Pipeline, trial: Trial) -> Moved:
    specs = {m.model: m.spec for m in pipeline.members if m.spec.gpu and not _says(m)}
    reasons = {name: trial(spec) for name, spec in specs.items()}
    members = tuple(
        replace(member, params={**member.spec.gpu, **member.params})
        if reasons.get(member.model) == ""
        else member
        for member in pipeline.members
    )
    notes = tuple(f"{name} stays on the CPU: {r}" for name, r in reasons.items() if r)
    return Moved(replace(pipeline, members=members), notes)


def _says(member: Member) -> bool:
    """Return whether a member says itself where it is fitted."""
    return bool(member.spec.gpu.keys() & member.params.keys())


def why_not(spec: ModelSpec) -> str:
    """Return why a model cannot be fitted on the GPU; empty where it can."""
    if missing := spec.missing_dependency():
        return missing
    if any(module == TORCH for module, _ in spec.requires):
        return _torch()
    kind = "binary" if spec.supports("binary") else "regression"
    X, y = np.arange(128.0).reshape(64, 2) % 7, np.arange(64) % 2
    try:
        spec.build(kind, spec.gpu, seed=0).fit(X, y)
    except Exception as error:  # noqa: BLE001 - whatever a driver makes of it
        return f"{type(error).__name__}: {str(error)[:200]}"
    return ""


def _torch() -> str:
    try:
        torch: Any = require(TORCH, extra="text")
    except MissingDependencyError as error:
        return str(error)
    return "" if torch.cuda.is_available() else "this torch is built without CUDA"
