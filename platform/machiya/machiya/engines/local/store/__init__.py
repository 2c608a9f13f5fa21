"""The artifact store: what steps give to each other."""

from machiya.engines.local.store.directory import DirectoryStore
from machiya.engines.local.store.protocol import ArtifactStore, Reference, StoreError, Swept

__all__ = ["ArtifactStore", "DirectoryStore", "Reference", "StoreError", "Swept"]
