"""Views: folders that one ``report`` step leaves, and how they are read. Nothing here computes what the step could."""
