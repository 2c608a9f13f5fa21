"""Memory of a process that serves for long."""

import gc


def keep_memory_small() -> None:
    """Give back what a page took: Arrow's own allocators keep it, and a viewer would seem to grow from page to page."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())


def keep_for_good() -> None:
    """Take what there is for what stays. Looking through all of it for garbage, again and again, held up pages."""
    gc.collect()
    gc.freeze()
