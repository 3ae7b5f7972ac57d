"""Parameters of the members of a stack, by the members' names, for searches."""

from collections.abc import Mapping
from typing import Any

from ensemble_kit.stacking.members.member_list import named_models, replaced


def with_member_params(own: Mapping[str, Any], members: Any) -> dict[str, Any]:
    """Return a stack's parameters with those of its named members.

    A member that is handed over as (name, model) is a parameter of that name, and its
    estimator's parameters are ``name__parameter``. A stack's own names win.
    """
    params_of_members: dict[str, Any] = {}
    for name, model in named_models(members):
        params_of_members[name] = model
        if hasattr(model, "get_params") and not isinstance(model, type):
            params = model.get_params(deep=True)
            params_of_members |= {
                f"{name}__{key}": value for key, value in params.items()
            }
    return {**params_of_members, **own}


def set_members(stack: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """Give a stack the models that are set by a member's name; return the rest.

    All members are set first, so that what else is set is set on them.
    """
    rest = dict(params)
    if "members" in rest:
        stack.members = rest.pop("members")
    names = {name for name, _ in named_models(stack.members)} - {
        *stack.get_params(deep=False)
    }
    given = {name: rest.pop(name) for name in names & {*rest}}
    if given:
        stack.members = replaced(stack.members, given)
    return rest
