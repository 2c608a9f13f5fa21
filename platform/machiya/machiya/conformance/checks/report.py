"""What is only reported: how large the image is, and how fast it starts."""

from machiya.conformance.bench import Bench
from machiya.conformance.check import Check, Info, Result


def _size(bench: Bench) -> Result:
    return Info(f"{bench.image.size / 1e6:.0f} MB")


def _start_up(bench: Bench) -> Result:
    return Info(f"{bench.printed_contract.seconds * 1000:.0f} ms until `contract` has answered")


CHECKS = (
    Check("report.size", "the size of the image", _size, "image", reports=True),
    Check("report.start-up", "the time the image takes to start", _start_up, "image", reports=True),
)
