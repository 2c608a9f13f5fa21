"""The local engine: runs an Argo manifest on this machine, with Argo's meaning."""
