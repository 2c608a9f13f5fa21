"""The checks, by what they look at. `machiya.conformance.catalogue` lists them all."""
