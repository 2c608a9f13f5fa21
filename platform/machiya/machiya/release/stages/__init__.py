"""Stage two of a release: which version a workflow runs, decided by its mentors, one line at a time.

::

    git          what git knows of a file: its differences, who works here, each change of a line
    edits        changes of files: computed first, then written, pins.yaml last
    candidate    a released version, as the registry has it
    assess       may this version take that one's place in this workflow?
    derive       a text of pins -> all files that follow from it
    bump, promote, rollback, canary, automatic    the commands of a mentor
    checks       pins.yaml and everything derived from it, verified
    status       what runs where, and since when
"""
