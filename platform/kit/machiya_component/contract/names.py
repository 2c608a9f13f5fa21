"""Names of a contract where others allow fewer characters."""

import re


def plain_name(name: str) -> str:
    """A metric's name as files and parameters of Argo may be called: ``ndcg@10`` -> ``ndcg-10``."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
