"""Pins: which version of each component runs in each stage of a workflow, and the contracts of these versions."""

from machiya.pins.load import contract_path, load_pins, parse_pin, parse_pins, vendored_commit, vendored_contract
from machiya.pins.model import PINS_FILE, CanaryPin, Pin, Pins, PinsError
from machiya.pins.vendor import Vendored, vendor

__all__ = [
    "PINS_FILE",
    "CanaryPin",
    "Pin",
    "Pins",
    "PinsError",
    "Vendored",
    "contract_path",
    "load_pins",
    "parse_pin",
    "parse_pins",
    "vendor",
    "vendored_commit",
    "vendored_contract",
]
