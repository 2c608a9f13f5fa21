"""What executes manifests on a cluster: Argo Workflows, through Argo Server; and what a cluster says of a run."""
