"""The languages that stand inside Argo's manifests: expressions, tags, ``depends``, durations, names.

Each is described here once: the linter looks at what is parsed, the local engine evaluates it.
"""
