"""Two-stage releases: contributors release versions of components, mentors decide which of them a workflow runs.

::

    contracts    two contracts -> their differences, each with a stable rule id
    registry     the seam to a registry of images (OCI): tags, digests, contracts, statements beside an image
    statements   what is stated of an image: the verdict of the conformance suite, and its packages
    publish      the folder of a component -> a released version
    usage        differences of contracts -> what they mean for what a workflow uses
    diff         what another version would change in a workflow, and a verdict by its thresholds
    stages       which version runs where: bump, promote, rollback, canary, checks of the pins, status
    overview     what is released, and who runs it
"""
