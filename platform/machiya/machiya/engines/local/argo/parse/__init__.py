"""From YAML to the model: everything that is not supported is found, with its line, before anything starts."""

from machiya.engines.local.argo.parse.manifest import load_manifest

__all__ = ["load_manifest"]
