"""The web application: pages over a dataset, probes that tell the truth, and strict headers."""
