"""Offline evaluation of recommendations: accuracy with confidence intervals, and what changes between two sets.

`component` meets the contract; `sources` and `coding` read tables as integer codes; `evaluation`, `comparison` and
`gain` go from there to results; the other modules are numerics over integer-coded arrays, their loops in `kernels`.
Of the kit, only `component` knows the ports and the errors.
"""
