"""Metadata of rows, sent to the members that ask for it, as scikit-learn routes it."""

from collections.abc import Mapping
from typing import Any

from sklearn import get_config
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)

from ensemble_kit.stacking.members.member_list import read_items

FINAL = "final"


def is_routing() -> bool:
    """Return whether scikit-learn was told to route metadata."""
    return bool(get_config()["enable_metadata_routing"])


def router_of(stack: Any) -> MetadataRouter:
    """Return what members ask for: in ``fit``; a final one in ``predict``.

    Members that are names ask for nothing.
    """
    router = MetadataRouter(owner=stack)
    for name, model, _ in read_items(stack.members)[0]:
        if hasattr(model, "get_metadata_routing"):
            mapping = MethodMapping().add(caller="fit", callee="fit")
            router.add(method_mapping=mapping, **{name: model})
    final = getattr(stack, "final", None)
    if hasattr(final, "get_metadata_routing"):
        mapping = MethodMapping().add(caller="predict", callee="predict")
        router.add(method_mapping=mapping, **{FINAL: final})
    return router


def routed(stack: Any, params: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each member's ``fit`` is told, by name.

    Without routing nothing but ``sample_weight`` and ``groups`` is known, which the
    stack deals with itself.

    Raises
    ------
    ValueError
        For metadata that nobody asked for.
    """
    others = {name: value for name, value in params.items() if value is not None}
    if not is_routing():
        others.pop("sample_weight", None)
        if others:
            raise ValueError(
                f"{sorted(others)} is only supported if enable_metadata_routing=True; "
                "see sklearn.set_config"
            )
        return {}
    routed_params = process_routing(stack, "fit", **others)
    names = [name for name, model, _ in read_items(stack.members)[0]]
    return {
        name: dict(routed_params[name]["fit"])
        for name in names
        if name in routed_params and others
    }
