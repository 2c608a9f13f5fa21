"""What programs say with their exit codes, what goes wrong with their artifacts, and what never got as far."""

from machiya.records.diagnosis.model import Failure, Press
from machiya.records.diagnosis.rule import Rule, argo_says, ended, says, tried
from machiya.records.meanings import exit_meaning
from machiya_component.errors import ExitCode


def _code_title(failure: Failure) -> str:
    meaning = exit_meaning(failure.exit_code, failure.message)
    return f"exit code {failure.exit_code}" + (f": {meaning}" if meaning else "")


def _own(failure: Failure, otherwise: str) -> str:
    """What the component's contract says of the code, else the general meaning."""
    return failure.facts.codes.get(failure.exit_code or 0, "") or otherwise


PROGRAM_RULES: tuple[Rule, ...] = (
    # Artifacts, which Argo moves before and after the program
    Rule(
        "store",
        argo_says(
            r"accessdenied|access denied|invalidaccesskey|signaturedoesnotmatch|nosuchbucket|credential|unauthorized|"
            r"connection refused|no such host|i/o timeout|tls handshake|certificate|403|503"
        ),
        "the artifact store did not answer, or refused",
        "The bucket, its credentials, or the way to it; the component did nothing wrong.",
        Press.MEND,
        "Look at the namespace's artifact repository: ConfigMap, Secret, bucket. If it was only away, press retry.",
    ),
    Rule(
        "input-missing",
        argo_says(r"failed to load|load artifact|not supplied|nosuchkey|key .*(not found|does not exist)|in the store"),
        "an input is not in the store",
        "What the step reads was deleted, never written, or lies under another name.",
        Press.MEND,
        "Data from outside: does the location exist? An output of an earlier step: retry with the step that makes it "
        "(`machiya retry RUN --step STEP`), or clear its entry in the cache and resubmit.",
    ),
    Rule(
        "output-missing",
        says(r"is not there: (nothing at|no file)|(stat|open) \S+: no such file|path .* does not exist|save output"),
        "an output is missing",
        "The program ended well and did not write what its template promises, or it could not be saved.",
        Press.RESUBMIT,
        lambda failure: f"Ask {failure.facts.whom}: the component breaks its own contract.",
    ),
    # The component's exit codes
    Rule(
        "arguments",
        ended(ExitCode.ARGUMENTS),
        _code_title,
        lambda failure: _own(failure, "A parameter, an operation or a mount is not as the contract says."),
        Press.RESUBMIT,
        "Correct the parameter that the last line names, and run anew with -p NAME=VALUE; a retry has the old value.",
    ),
    Rule(
        "data",
        ended(ExitCode.DATA),
        _code_title,
        lambda failure: _own(failure, "What the step was given breaks its contract."),
        Press.RESUBMIT,
        lambda failure: (
            "Whoever made the data mends it; the last line says which rows and columns. If the data is right, ask "
            f"{failure.facts.whom} to change the contract. Then a new run reads it; a retry would read the same again."
        ),
    ),
    Rule(
        "bug",
        ended(ExitCode.BUG),
        _code_title,
        lambda failure: _own(failure, "Something that its author did not foresee."),
        Press.RESUBMIT,
        lambda failure: (
            f"Send the log to {failure.facts.whom}. When a mended version is released: `machiya bump`, then resubmit. "
            "Or go back to the version before: `machiya rollback`."
        ),
    ),
    Rule(
        "temporary",
        ended(ExitCode.TEMPORARY),
        _code_title,
        lambda failure: _own(failure, "Something outside was not there or was busy.") + tried(failure),
        Press.RETRY,
        "Look at the last line for what was not there; when it is back, press retry.",
    ),
    Rule(
        "terminated",
        ended(ExitCode.STOPPED, 137),
        _code_title,
        lambda failure: (
            _own(failure, "It was told to end, or killed, from outside; what keeps checkpoints continues.")
            + tried(failure)
        ),
        Press.RETRY,
        "Press retry. If it happens every time, look at its memory, and at what the machine was doing.",
    ),
    Rule(
        "not-runnable",
        lambda failure: (
            failure.exit_code in (126, 127)
            or says(r"executable file not found|runcontainererror|starterror|exec format error")(failure)
        ),
        "the program cannot be run",
        "The image has no such program, or it is for another kind of machine.",
        Press.RESUBMIT,
        lambda failure: (
            f"Is it the right image ({failure.facts.image or 'see the manifest'})? Ask {failure.facts.whom}."
        ),
    ),
    Rule(
        "other-code",
        lambda failure: failure.exit_code not in (None, 0),
        _code_title,
        lambda failure: _own(failure, "The contract knows no such code: treat it as a bug."),
        Press.RESUBMIT,
        lambda failure: f"Send the log to {failure.facts.whom}.",
    ),
    # What never got as far as a program
    Rule(
        "manifest",
        says(
            r"invalid spec|failed to (resolve|evaluate)|unable to (resolve|evaluate)|not resolve|unresolved|"
            r"template.* (not found|is not there)|no value|recursion depth|expression|withparam|withsequence"
        ),
        "the manifest is wrong",
        "Argo could not work out what to run; the message says where.",
        Press.RESUBMIT,
        "Check it with `machiya lint`, render it again, deploy it, and run it anew.",
    ),
    Rule(
        "capacity",
        says(r"the step asks for .* this machine has"),
        "too large for this machine",
        "It asks for more cores or memory than there are.",
        Press.MEND,
        "Run it on a larger machine, or on a cluster.",
    ),
    Rule(
        "unknown",
        lambda _: True,
        lambda failure: "Error" if failure.step.node.phase == "Error" else "failed",
        "No rule of `machiya explain` knows this message.",
        Press.RETRY,
        lambda failure: f"Read the log. If a retry fails in the same way, ask {failure.facts.whom}.",
    ),
)
