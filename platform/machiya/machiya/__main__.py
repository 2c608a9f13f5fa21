"""`python -m machiya`: the same as the command `machiya`."""

from machiya.cli.main import main

if __name__ == "__main__":
    main()
