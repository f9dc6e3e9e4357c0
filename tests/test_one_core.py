"""Numeric libraries have one thread, also those that come later."""

import json
import subprocess
import sys

from pixelmill.one_core import one_core

LATE_IMPORTS = """
import json
from threadpoolctl import threadpool_info
from pixelmill.one_core import one_core
with one_core():
    import numpy, scipy.optimize, scipy.sparse.csgraph
    print(json.dumps([library["num_threads"] for library in threadpool_info()]))
print(json.dumps([library["num_threads"] for library in threadpool_info()]))
"""


def test_libraries_that_a_block_imports_have_one_thread():
    """In a process of its own: this one has loaded them."""
    done = subprocess.run(
        [sys.executable, "-c", LATE_IMPORTS], capture_output=True, text=True, check=True
    )
    inside, after = map(json.loads, done.stdout.splitlines())
    assert len(inside) > 1  # NumPy and SciPy bring a library each
    assert set(inside) == {1}
    assert len(after) == len(inside)


def test_numba_has_one_thread_too():
    import numba

    threads = numba.get_num_threads()
    with one_core():
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == threads
