"""The actors that hold stations on the machines of a Ray cluster, one on each."""

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

from ensemble_kit.cluster import station
from ensemble_kit.cluster.station import Answer, Order, Settings
from ensemble_kit.exceptions import RunError

logger = logging.getLogger(__name__)
START_SECONDS = 60
Result = TypeVar("Result")


class RayHosts:
    """One actor on each machine that is free for one; it holds all its processors.

    One that died is opened anew, and its machine counts again when it has answered.

    Parameters
    ----------
    ray : module
        Connected.

    Attributes
    ----------
    actors : dict
        Those that have answered, by the place of their machine.

    Raises
    ------
    RunError
        When no machine is free.
    """

    def __init__(self, ray: ModuleType):
        self.ray = ray
        self.actors: dict[str, Any] = {}
        self._opening: dict[str, tuple[Any, Any]] = {}
        self._refusal = "others use its processors"
        threads = self._alive()
        self._open(threads)
        self._welcome(START_SECONDS)
        for place in sorted(threads.keys() - self.actors.keys()):
            logger.warning("%s is left out: %s", place, self._refusal)
        self._places = frozenset(self.actors)
        self._forget_those_left_out()
        if not self.actors:
            raise RunError(
                f"of {len(threads)} machines with processors in the Ray cluster none "
                f"can be used: {self._refusal}"
            )

    def threads(self) -> Mapping[str, int]:
        """Return the processors of each machine that has its actor."""
        alive = self._alive()
        self._open({place: n for place, n in alive.items() if place in self._places})
        self._welcome(0.0)
        return {place: n for place, n in alive.items() if place in self.actors}

    def first(self) -> str:
        """Return a place; where all actors have died, wait for the first new one."""
        self._welcome(START_SECONDS, 1)
        if not self.actors:
            raise RunError(
                "no machine of the Ray cluster is left; what is finished is kept, and "
                "the same command goes on once there are machines"
            )
        return next(iter(self.actors))

    def run(
        self, function: Callable[..., Result], *arguments: object
    ) -> Mapping[str, Result]:
        """Return what a function returns on each machine whose actor lives."""
        calls = {p: a.run.remote(function, *arguments) for p, a in self.actors.items()}
        ready = self._wait(calls.values(), START_SECONDS)
        answers = {}
        for place, call in calls.items():
            with contextlib.suppress(self.ray.exceptions.RayActorError):
                if call in ready:
                    answers[place] = self.ray.get(call)
        return answers

    def drop(self, place: str, actor: object) -> None:
        """Forget an actor that died, unless another is in its place."""
        if self.actors.get(place) is actor:
            self.ray.kill(self.actors.pop(place))

    def close(self) -> None:
        """End all actors."""
        self._places = frozenset()
        self._forget_those_left_out()
        while self.actors:
            self.ray.kill(self.actors.popitem()[1])

    def _alive(self) -> dict[str, int]:
        """Return the processors of each machine that has some, by place."""
        threads = {
            f"{node['NodeManagerAddress']}/{node['NodeID']}": node["Resources"]
            for node in self.ray.nodes()
            if node["Alive"]
        }
        return {place: int(n["CPU"]) for place, n in threads.items() if n.get("CPU")}

    def _open(self, threads: Mapping[str, int]) -> None:
        """Open actors where there are none, with a thread more to be spoken to."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        for place in threads.keys() - self.actors.keys() - self._opening.keys():
            node = place.rpartition("/")[2]
            actor = self.ray.remote(
                num_cpus=threads[place],
                max_concurrency=threads[place] + 1,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
            )(_Host).remote()
            self._opening[place] = (actor, actor.run.remote(int))

    def _welcome(self, seconds: float, n: int | None = None) -> None:
        """Take in the actors that answer in time, all of them or the first ``n``."""
        ready = self._wait([call for _, call in self._opening.values()], seconds, n)
        for place, (actor, call) in list(self._opening.items()):
            if call in ready:
                del self._opening[place]
                try:
                    self.ray.get(call)
                    self.actors[place] = actor
                except self.ray.exceptions.RayError as error:
                    self._refusal = str(error).strip().rpartition("\n")[2]

    def _forget_those_left_out(self) -> None:
        for place in self._opening.keys() - self._places:
            self.ray.kill(self._opening.pop(place)[0])

    def _wait(
        self, calls: Iterable[object], seconds: float, n: int | None = None
    ) -> list[object]:
        """Return the calls that end in time."""
        calls = list(calls)
        return self.ray.wait(calls, num_returns=n or len(calls), timeout=seconds)[0]


class _Host:
    """What an actor does: the work of its machine's stations."""

    def do(self, settings: Settings, source: list[Any], order: Order) -> Answer:
        """Do an order; the data is fetched only for a station that is not open."""
        import ray

        files = {} if station.is_open(settings.run) else ray.get(source[0])
        return station.do(settings, files, order)

    def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Return what a function returns here."""
        return function(*arguments)
