"""What must be right before a version is released: one small check each, from the candidate to findings."""

from collections.abc import Callable, Iterator

from machiya.conformance import Verdict
from machiya.release.contracts import fits, needed_step, taken_step
from machiya.release.publish.candidate import Candidate
from machiya.release.publish.changelog import CHANGELOG_FILE, changelog_entry
from machiya.release.published import revision_label
from machiya_component.contract import CONTRACT_FILE
from machiya_component.findings import Finding

_SHOWN = 5


def findings_of(candidate: Candidate) -> list[Finding]:
    """Everything that can be said without an image, in the order of CHECKS."""
    return [finding for check in CHECKS for finding in check(candidate)]


def _tree(candidate: Candidate) -> Iterator[Finding]:
    """An image says which commit it is of; that must be true."""
    folder = str(candidate.folder)
    if not candidate.revision.commit:
        message = "the folder is not in git, so that nobody could tell what the image was made of."
        yield Finding("release.tree", message, "git init, git add and git commit it.", file=folder)
    elif candidate.changes:
        count = len(candidate.changes)
        shown = ", ".join(line[3:] for line in candidate.changes[:_SHOWN]) + (", ..." if count > _SHOWN else "")
        message = f"{count} {'file is' if count == 1 else 'files are'} not committed: {shown}."
        yield Finding("release.tree", message, "Commit them, or put them away.", file=folder)


def _version(candidate: Candidate) -> Iterator[Finding]:
    """A version is greater than all before it, and never changes."""
    file, version = str(candidate.folder / CONTRACT_FILE), candidate.version
    last = max(candidate.released, default=None)
    if candidate.tagged is not None and not candidate.continues:
        commit = revision_label(candidate.tagged)
        origin = f"from commit {commit[:12]}" if commit else "from no commit that it names"
        message = f"{version} is released already, {origin}, as {candidate.tagged.digest}. A version never changes."
        yield Finding("release.version", message, f"Raise it: {_next(candidate)} is free.", "version", file)
    elif candidate.tagged is None and last is not None and version < last:
        message = f"{version} is not greater than the last release, {last}."
        yield Finding("release.version", message, f"Raise it: {_next(candidate)} is free.", "version", file)


def _next(candidate: Candidate) -> str:
    return str(max(candidate.released).finalize_version().bump_patch())


def _changelog(candidate: Candidate) -> Iterator[Finding]:
    file, version = str(candidate.folder / CHANGELOG_FILE), candidate.version
    entry = changelog_entry(candidate.folder, str(version))
    if entry is None:
        message = f"there is no entry for {version}."
        yield Finding("release.changelog", message, f"Add below the title: ## [{version}] - YYYY-MM-DD", file=file)
    elif not entry:
        message = f"the entry for {version} says nothing."
        yield Finding("release.changelog", message, "Say what changes for those who use it.", file=file)


def _step(candidate: Candidate) -> Iterator[Finding]:
    """Who reads a version number may rely on it: what breaks somebody is a new major version."""
    base, version = candidate.base, candidate.version
    if base is None or candidate.differences is None or candidate.tagged is not None:
        return
    taken = taken_step(base, version)
    for difference in candidate.differences:
        needed = needed_step([difference], base)
        if not fits(taken, needed):
            right = getattr(base, f"bump_{needed}")()
            message = f"{difference.rule}: {difference.message}. {base} -> {version} does not say so."
            remedy = f"Make it {right} at least ({_breaks(difference.breaks)}), or keep what was there."
            yield Finding("release.step", message, remedy, str(difference.place), str(candidate.folder / CONTRACT_FILE))


def _breaks(side: str) -> str:
    return "it breaks nobody, but is new" if side == "nobody" else f"it may break {side}"


CHECKS: tuple[Callable[[Candidate], Iterator[Finding]], ...] = (_tree, _version, _changelog, _step)


def conformance_findings(verdict: Verdict) -> list[Finding]:
    """What the conformance suite found, by check."""
    return [
        Finding("release.conformance", f"{result.id}: {failure.message}", failure.remedy)
        for result in verdict.with_outcome("fail")
        for failure in result.failures
    ]
