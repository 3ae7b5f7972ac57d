"""Whether there is a GPU here: asked of the driver, so that nothing heavy is loaded."""

import ctypes
from functools import lru_cache

DRIVERS = ("libcuda.so.1", "nvcuda.dll")


@lru_cache(maxsize=1)
def count_gpus() -> int:
    """Return how many CUDA devices this process may use; 0 without a driver.

    What ``CUDA_VISIBLE_DEVICES`` hides does not count.
    """
    for name in DRIVERS:
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            continue
        n_devices = ctypes.c_int(0)
        if (
            driver.cuInit(0) == 0
            and driver.cuDeviceGetCount(ctypes.byref(n_devices)) == 0
        ):
            return n_devices.value
    return 0
