"""Experiments on results: split users between two of them, compare variants, propose the next shares.

`component` meets the contract. `splitting` goes from two tables to one (`buckets`, `assignment`, `sides`, `merging`),
`analysis` from a log to rates (`conversions`, `posterior`, `mismatch`), `allocation` from rates to shares
(`posterior`, `evidence`). Only `component` knows the kit.
"""
