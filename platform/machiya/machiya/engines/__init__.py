"""What executes manifests."""
