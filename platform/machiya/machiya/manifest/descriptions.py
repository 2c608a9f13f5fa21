"""What people read in Argo's UI: descriptions in Markdown, the most important first.

Where the UI shows what (3.6 to 4.1):

- lists of runs, templates and crons: the description in one line. Line breaks become spaces, headings, lists and blocks
  of code lose their marks, links and emphasis stay. So a text begins with a sentence that stands alone, without tables.
- the drawer of a run in the list, and the page of a template: the description as GitHub's Markdown.
- the manifest of a step: the template's own annotations, as text. They are no part of a run's status, which holds every
  input once for each node: so the parameters of the workflow are described, and those of the templates are not.

A run has the annotations of ``workflowMetadata``, not those of the template it was made from; and no title, for the
list shows a title in the place of the run's name.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from machiya.dsl import Step, WorkflowDefinition
from machiya_component.contract.model import Contract

if TYPE_CHECKING:
    from machiya.manifest.render import Commits

ANNOTATION = "workflows.argoproj.io"
RUNBOOK_LIMIT = 1500
"""Characters of a runbook that is no link. Every operation of a component repeats it."""

CODES = {
    65: ("The data is not as promised.", "Correct it, or ask who makes it; then RESUBMIT."),
    64: ("A parameter is not as it should be.", "RESUBMIT with the right value."),
    70: ("A bug.", "Show the log to the owner; `machiya rollback` goes back to the version before."),
    75: ("Temporary, and was tried again by itself.", "Look at what the message names, then RETRY."),
    137: ("Killed.", "After OOMKilled the operation needs more memory (`resources` in its contract); else RETRY."),
    143: ("Stopped, or its machine was taken away.", "RETRY."),
}
"""What exit codes mean, and what to press. A contract may say the meaning better; what to press stays the same."""

Links = Mapping[str, str]
"""Templates of URLs by what they lead to, as a profile has them; ``{workflow}``, ``{stage}``, ... are filled in."""


def title(workflow: WorkflowDefinition) -> str:
    """Of the WorkflowTemplate and the CronWorkflow."""
    return f"{workflow.name} ({workflow.stage})"


def template_description(workflow: WorkflowDefinition, links: Links, commits: "Commits") -> str:
    """Of the WorkflowTemplate: everything that holds for all steps."""
    parts = [
        f"{_sentence(workflow.summary)} {_owner(workflow.owner)}{_links(workflow, links)}",
        f"**If a run fails**, open it, click the first red step and read its MESSAGE. {_RETRY}",
        _bullets([f"**{code}** {meaning} {action}" for code, (meaning, action) in CODES.items()]),
        "No exit code: the step took too long, or its machine was lost. RETRY.",
        f"Steps:\n\n{_bullets(list(_steps(workflow, links, commits)))}",
        workflow.description or "",
    ]
    return _markdown(parts)


_RETRY = "RETRY runs again only what did not succeed; nothing is lost or done twice. First, by the exit code:"


def run_description(workflow: WorkflowDefinition, links: Links) -> str:
    """Of each run: what the operator needs in the list of runs, in one line."""
    return _markdown(
        [
            f"{_sentence(workflow.summary)} **If it fails**: click the first red step and read its MESSAGE. "
            "75, 137, 143 or no exit code: RETRY. 65: correct the data, then RESUBMIT. "
            "64: RESUBMIT with other parameters. "
            f"70: ask the owner of the step. {_owner(workflow.owner)}{_links(workflow, links)}"
        ]
    )


def step_description(workflow: WorkflowDefinition, step: Step, links: Links, commit: str) -> str:
    """Of a step's template: what it does, whose it is, and what to do when it fails; first what its contract says."""
    contract, operation = step.contract, step.operation
    link = _commit(workflow, contract, links, commit)
    parts = [
        _sentence(operation.summary),
        f"{contract.name} {contract.version}{f', {link}' if link else ''}. {_owner(contract.owner)}",
        "**If it fails**, by the exit code in its message:",
        _bullets(list(_exit_codes(contract.exit_codes))),
        _runbook(contract),
    ]
    return _markdown(parts)


def _exit_codes(own: Mapping[int, str]) -> Iterator[str]:
    """What a contract says first, each with what to press."""
    for code, text in sorted(own.items()):
        _, action = CODES.get(code, ("", ""))
        yield f"**{code}** {_sentence(' '.join(text.split()))} {action}".rstrip()
    for code, (meaning, action) in CODES.items():
        if code not in own:
            yield f"**{code}** {meaning} {action}"


def annotations(description: str, heading: str = "", owner: str = "") -> dict[str, str]:
    """The annotations that hold a description, and a title and an owner if there is one."""
    titled = {f"{ANNOTATION}/title": heading} if heading else {}
    owned = {"machiya/owner": owner} if owner else {}
    return titled | {f"{ANNOTATION}/description": description} | owned


def _steps(workflow: WorkflowDefinition, links: Links, commits: "Commits") -> Iterator[str]:
    for step in (*workflow.main_steps, *workflow.exit_steps):
        contract = step.contract
        link = _commit(workflow, contract, links, commits.get((contract.name, step.pin.version), ""))
        yield f"`{step.name}` {contract.name} {contract.version}{f' ({link})' if link else ''}, {contract.owner}"


def _owner(owner: str) -> str:
    return f"Owner: **{owner}**."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _runbook(contract: Contract) -> str:
    """The component's runbook: a link, or the text itself."""
    text = (contract.runbook or "").strip()
    if re.fullmatch(r"https?://\S+", text):
        return f"Runbook: <{text}>"
    if len(text) > RUNBOOK_LIMIT:
        text = f"{text[:RUNBOOK_LIMIT].rpartition(' ')[0]} ... (the rest is in component.yaml)"
    return f"Runbook:\n\n{text}" if text else ""


def _links(workflow: WorkflowDefinition, links: Links) -> str:
    """Links that are the same for every run. What needs a run's name is left to those who know it."""
    known = {"workflow": workflow.name, "stage": workflow.stage}
    found = {name: url for name in links if name != "commit" and (url := _filled(links[name], known))}
    return "".join(f" [{_TITLES.get(name, name.capitalize())}]({url})" for name, url in found.items())


_TITLES = {"run": "Runs", "tensorboard": "TensorBoard"}


def _commit(workflow: WorkflowDefinition, contract: Contract, links: Links, commit: str) -> str:
    """The commit that a component was made from, as a link where one is known."""
    if not commit:
        return ""
    known = {"component": contract.name, "version": contract.version, "commit": commit, "source": contract.source or ""}
    known |= {"workflow": workflow.name, "stage": workflow.stage}
    url = _filled(links["commit"], known) if "commit" in links else commit_url(contract.source or "", commit)
    return f"[{commit[:7]}]({url})" if url else f"commit {commit[:7]}"


def commit_url(source: str, commit: str) -> str:
    """The page of a commit at the usual hosts of code; nothing where there is no source."""
    match = re.match(r"(https?://([^/]+)/[^?#]*?)(?:\.git)?/?(?:(?:/-)?/(?:tree|blob|src)/.*)?$", source)
    if match is None:
        return ""
    place = {"gitlab": "-/commit", "bitbucket": "commits"}
    return f"{match[1]}/{next((path for host, path in place.items() if host in match[2]), 'commit')}/{commit}"


def _filled(template: str, known: Mapping[str, str]) -> str:
    """A URL with everything filled in; nothing where something is not known."""
    url = re.sub(r"\{(\w+)\}", lambda match: known.get(match[1]) or match[0], template)
    return "" if re.search(r"\{\w+\}", url) else url


def _markdown(parts: Sequence[str]) -> str:
    """Paragraphs. Double braces would be variables to Argo, and a line that ends in a space would be hard to read."""
    text = "\n\n".join(part for part in parts if part)
    return "\n".join(line.rstrip() for line in text.replace("{{", "{ {").splitlines())
