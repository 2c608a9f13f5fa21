"""A component for tests of what goes wrong."""
