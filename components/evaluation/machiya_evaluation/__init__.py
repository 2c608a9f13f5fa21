"""Offline evaluation of recommendations: accuracy with confidence intervals, and what changes between two sets.

`component` meets the contract; `evaluation` and `comparison` go from tables to results; the other modules are
numerics over integer-coded arrays. Only `component` knows the kit.
"""
