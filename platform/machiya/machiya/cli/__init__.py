"""The command line: a module per command that parses and prints; the work is done in the layers below."""
