"""The line to the workers of a dask scheduler."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ensemble_kit.cluster import station
from ensemble_kit.cluster.link import Future, Result
from ensemble_kit.cluster.station import Files, Order, Settings
from ensemble_kit.exceptions import RunError, require

CONNECT_SECONDS = 30


class DaskLink:
    """A client of a dask scheduler; see `Link`.

    A worker that dies costs what it was doing; dask hands that to another.

    Parameters
    ----------
    address : str
        The scheduler's, such as "tcp://10.0.0.1:8786".

    Raises
    ------
    RunError
        When nobody answers there.
    """

    def __init__(self, address: str):
        distributed = require("distributed", extra="distributed")
        self._source: dict[str, Any] = {}
        try:
            self._client = distributed.Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(
                f"no cluster with a worker at {address} (start one with: dask "
                f"scheduler; dask worker {address}): {error}"
            ) from error

    def threads(self) -> Mapping[str, int]:
        """Return the threads of each worker."""
        return self._client.nthreads()

    def run(
        self, function: Callable[..., Result], *arguments: object
    ) -> Mapping[str, Result]:
        """Return what a function returns in each worker."""
        return self._client.run(function, *arguments)

    def scatter(self, files: Files) -> None:
        """Hand the data to every worker."""
        self._source = self._client.scatter(dict(files), broadcast=True, hash=False)

    def has_data(self) -> bool:
        """Return whether the workers hold every file of the data."""
        return all(future.status == "finished" for future in self._source.values())

    def submit(
        self, place: str | None, name: str, settings: Settings, order: Order
    ) -> Future:
        """Return the future answer of a worker; of another if that one is gone."""
        return self._client.submit(
            station.do,
            settings,
            self._source,
            order,
            key=f"{name}-{secrets.token_hex(4)}",
            workers=place and [place],
            allow_other_workers=place is not None,
            pure=False,
        )

    def failure(self, future: Any) -> str:
        """Return why a future has no result; empty when it has one."""
        if future.status == "finished":
            return ""
        error = None if future.status == "cancelled" else future.exception()
        return str(error) if error else future.status

    def cancel(self, futures: Iterable[Future]) -> None:
        """Give up what has not begun."""
        self._client.cancel(list(futures))

    def close(self) -> None:
        """Hang up."""
        self._client.close()
