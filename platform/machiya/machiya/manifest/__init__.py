"""Manifests of Argo Workflows: what a workflow is rendered to, and what checks them."""
