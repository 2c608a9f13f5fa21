"""The command line: each command in a module of its own that parses and prints; the work is done in the layers below."""
