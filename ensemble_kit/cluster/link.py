"""What carries work to the machines of a cluster and answers back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from ensemble_kit.cluster.station import Answer, Files, Order, Settings

Result = TypeVar("Result")


class Future(Protocol):
    """The answer of a station to come."""

    def done(self) -> bool:
        """Return whether it is there, or never will be."""

    def result(self) -> Answer:
        """Return the answer."""

    def add_done_callback(self, function: Callable[[Any], object]) -> None:
        """Call a function with this future once it is done."""


class Link(Protocol):
    """The line to a cluster, all that `Cluster` wants of one.

    A machine has a place, which names it.
    """

    def threads(self) -> Mapping[str, int]:
        """Return how much each machine that is there now does at once."""

    def run(
        self, function: Callable[..., Result], *arguments: object
    ) -> Mapping[str, Result]:
        """Return what a function returns on each machine."""

    def scatter(self, files: Files) -> None:
        """Hand the data to the machines, once for each."""

    def has_data(self) -> bool:
        """Return whether the data is still at hand for a machine that wants it."""

    def submit(
        self, place: str | None, name: str, settings: Settings, order: Order
    ) -> Future:
        """Return the future `Answer` of the station at a place."""

    def failure(self, future: Any) -> str:
        """Return why a future that is done has no result; empty when it has one."""

    def cancel(self, futures: Iterable[Future]) -> None:
        """Give up what has not begun."""

    def close(self) -> None:
        """Leave the cluster as it was."""


def connect(backend: str, address: str) -> Link:
    """Return the link of a backend to the cluster at an address.

    Parameters
    ----------
    backend : {"dask", "ray"}
    address : str
        Of the scheduler or head: "tcp://10.0.0.1:8786", "10.0.0.1:6379".

    Raises
    ------
    RunError
        When nobody answers there.
    """
    if backend == "ray":
        from ensemble_kit.cluster.ray_link import RayLink

        return RayLink(address)
    from ensemble_kit.cluster.dask_link import DaskLink

    return DaskLink(address)
