"""Memory of a process that serves for long."""

import ctypes
import gc

_M_ARENA_MAX = -8


def keep_memory_small() -> None:
    """Give back what a page took: Arrow's own allocators keep it, and so does the C library, for every thread apart.

    A viewer would seem to grow from page to page.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    if hasattr(
        library := ctypes.CDLL(None), "mallopt"
    ):  # of glibc, https://man7.org/linux/man-pages/man3/mallopt.3.html
        library.mallopt(_M_ARENA_MAX, 1)


def keep_for_good() -> None:
    """Take what there is for what stays. Looking through all of it for garbage, again and again, held up pages."""
    gc.collect()
    gc.freeze()
