"""Two-stage releases: contributors release versions of components, mentors decide which of them a workflow runs.

::

    contracts    two contracts -> their differences, each with a stable rule id
    registry     the seam to a registry of images (OCI): tags, digests, contracts, statements beside an image
    statements   what is stated of an image: the verdict of the conformance suite, and its packages
    publish      the folder of a component -> a released version
    overview     what is released, and who runs it
"""
