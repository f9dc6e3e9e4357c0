"""Numeric libraries held to one thread."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_core() -> Iterator[None]:
    """Hold NumPy, SciPy and what else is loaded to one thread while the block runs.

    A Spark task has one core. In the driver more threads would add in another order, so that
    results would depend on the machine; and where other processes want the cores too, threads that
    wait for each other take many times the CPU of the small matrices that they share.

    threadpoolctl reaches the libraries that are loaded: the BLAS that SciPy brings is loaded here,
    since most blocks import SciPy somewhere inside.
    """
    import scipy.linalg  # noqa: F401 (loads its BLAS)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), _numba_on_one_core():
        yield


@contextmanager
def _numba_on_one_core() -> Iterator[None]:
    if "numba" not in sys.modules:
        yield
        return
    import numba

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        yield
    finally:
        numba.set_num_threads(threads)
