"""The line to the machines of a Ray cluster."""

import signal
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from ensemble_kit.cluster.link import Future, Result
from ensemble_kit.cluster.ray_hosts import RayHosts
from ensemble_kit.cluster.station import Files, Order, Settings
from ensemble_kit.exceptions import RunError, require

CONNECT_SECONDS = 30


class RayLink:
    """A driver of a Ray cluster; see `Link`.

    Parameters
    ----------
    address : str
        The head's, such as "10.0.0.1:6379", or "auto" on one of its machines.

    Raises
    ------
    RunError
        When nobody answers there, or no machine is free.
    """

    def __init__(self, address: str):
        self._ray = require("ray", extra="ray")
        self._is_ours = _connect(self._ray, address)
        self._source: Any = None
        self._going: dict[Any, tuple[str, Any]] = {}
        try:
            self._hosts = RayHosts(self._ray)
        except BaseException:
            self._hang_up()
            raise

    def threads(self) -> Mapping[str, int]:
        """Return the processors of each machine that was free from the start."""
        return self._hosts.threads()

    def run(
        self, function: Callable[..., Result], *arguments: object
    ) -> Mapping[str, Result]:
        """Return what a function returns on each machine."""
        return self._hosts.run(function, *arguments)

    def scatter(self, files: Files) -> None:
        """Put the data into the object store, from where each machine takes it once."""
        self._source = self._ray.put(dict(files))

    def has_data(self) -> bool:
        """Return True: this process owns the data."""
        return True

    def submit(
        self, place: str | None, name: str, settings: Settings, order: Order
    ) -> Future:
        """Return the future answer of the station at a place."""
        place = place or self._hosts.first()
        actor = self._hosts.actors[place]
        call = actor.do.options(name=name).remote(settings, [self._source], order)
        future = call.future()
        self._going[future] = (place, actor)
        return future

    def failure(self, future: Any) -> str:
        """Return why a future has no result; a dead actor is not asked again."""
        going, error = self._going.pop(future), future.exception()
        if isinstance(error, self._ray.exceptions.RayActorError):
            self._hosts.drop(*going)
        return "" if error is None else str(getattr(error, "cause", None) or error)

    def cancel(self, futures: Iterable[Future]) -> None:
        """Do nothing: what goes on ends with its actor."""

    def close(self) -> None:
        """End the actors, and the connection unless it was there before."""
        self._hosts.close()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._is_ours:
            self._ray.shutdown()


def _connect(ray: ModuleType, address: str) -> bool:
    """Connect to a cluster; return False when a connection was there already."""
    if ray.is_initialized():
        return False
    before = signal.getsignal(signal.SIGTERM)
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise RunError(
            f"no Ray cluster at {address} that this machine is part of (start one "
            f"with: ray start --head; join it with: ray start --address={address} "
            f"--num-cpus=0): {error}"
        ) from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)  # Ray takes it without asking
    return True


def _knock(address: str) -> None:
    """Find out whether anybody listens; Ray itself ends the process if not."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
