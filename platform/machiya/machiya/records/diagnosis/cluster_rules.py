"""What people, time limits and the cluster do to steps. Nothing here is the fault of a component."""

from machiya.records.diagnosis.model import Failure, Press
from machiya.records.diagnosis.rule import Rule, says, tried


def _memory(failure: Failure) -> str:
    asked = f"It may use {failure.facts.memory}" if failure.facts.memory else "Its limit is in the manifest"
    more = failure.facts.max_memory
    if more and more != failure.facts.memory:
        return f"{asked}, and {more} when it is tried again (`maxMemory` of its contract).{tried(failure)}"
    return f"{asked}, and no more when it is tried again: its contract has no `maxMemory`."


def _more_memory(failure: Failure) -> str:
    return (
        f"Ask {failure.facts.whom} for a version with more `memory` or `maxMemory` in its component.yaml, or give it "
        "less at once: fewer rows, more shards, smaller parameters. As it is, it will fail again."
    )


def _which_timeout(failure: Failure) -> str:
    limit = failure.facts.timeout
    told = f" of {limit} s" if limit.isdigit() else (f" of {limit}" if limit else "")
    return f"It ran longer than the time limit{told} of its template (`timeout` of the operation in component.yaml)."


CLUSTER_RULES: tuple[Rule, ...] = (
    # What people and limits of the whole run did
    Rule(
        "stopped",
        says(r"stopped with strategy|shutdown with strategy|stopped before it started"),
        "stopped by somebody",
        "The run was stopped (Stop or Terminate) before this step had ended.",
        Press.RETRY,
        "Ask who stopped it and why. It goes on where it was.",
        consequence=True,
    ),
    Rule(
        "workflow-timeout",
        says(r"exceeded its activeDeadlineSeconds|exceeded workflow deadline|step exceeded its deadline"),
        "time limit of the workflow, or of a step that waited",
        "`activeDeadlineSeconds` of the workflow is over, or `timeout` of a step that did not get to run.",
        Press.RETRY,
        "Look at what took, or waited, so long: the steps that ended last. A retry gets the whole time again.",
    ),
    Rule(
        "timeout",
        says(r"active on the node longer|deadlineexceeded|max duration limit|timed? ?out waiting|\btimeout\b$"),
        "time limit of the step",
        _which_timeout,
        Press.RETRY,
        lambda failure: (
            "If the machine was slow or the data larger than usual, press retry: what keeps checkpoints continues. "
            f"If it happens again, ask {failure.facts.whom} for a longer `timeout`, or for less work in one step."
        ),
    ),
    # What the cluster did
    Rule(
        "out-of-memory",
        lambda failure: failure.container in ("", "main") and "OOMKilled" in failure.message,
        "out of memory",
        _memory,
        Press.RESUBMIT,
        _more_memory,
    ),
    Rule(
        "argo-out-of-memory",
        says(r"^(init|wait|supervisor): OOMKilled"),
        "Argo's own container ran out of memory",
        "The container that moves artifacts was killed, not the component.",
        Press.MEND,
        "Raise `executor.resources` in the configuration of Argo's controller, then press retry.",
    ),
    Rule(
        "no-disk",
        says(r"low on resource: ephemeral-storage|emptydir volume .* exceeds|ephemeral local storage|no space left"),
        "no room on the machine's disk",
        "The step, or its neighbours, wrote more than the machine's disk or the volume's limit holds.",
        Press.MEND,
        lambda failure: (
            f"Use a pool with a larger disk, or ask {failure.facts.whom} what it writes below /data/out and /tmp; then "
            "press retry."
        ),
    ),
    Rule(
        "node-lost",
        says(
            r"pod deleted|container deleted|preempt|evict|node ?shutdown|node ?lost|low on resource|"
            r"node is shutting down|pod was terminated in response|taint ?manager"
        ),
        "the machine was taken away",
        lambda failure: "Preempted, evicted, or the node was lost: nothing is wrong with the step." + tried(failure),
        Press.RETRY,
        "It is tried again by itself, up to the limit of its retryStrategy. If that is used up, press retry; if it "
        "happens every time, give the operation a pool that is not preemptible, in the stage's profile.",
    ),
    Rule(
        "image",
        says(r"errimagepull|imagepullbackoff|invalidimagename|errimageneverpull|manifest unknown|pull access denied"),
        "the image cannot be pulled",
        lambda failure: f"The cluster cannot get {failure.facts.image or 'it'}: it is not there, or not for us.",
        Press.MEND,
        "Does the registry have it (`machiya pins`)? Does the service account have an imagePullSecret that is valid? "
        "If the registry was down for a while, just press retry.",
    ),
    Rule(
        "quota",
        says(r"exceeded quota"),
        "the quota of the namespace is used up",
        "The pod was not allowed to begin: others use what the namespace may have.",
        Press.MEND,
        "Wait until other runs have ended, or have the ResourceQuota raised; then press retry.",
    ),
    Rule(
        "task-results",
        says(r"workflowtaskresults.* is forbidden|cannot (create|patch) resource .workflowtaskresults"),
        "the service account may not report results",
        "Argo's executor must create and patch workflowtaskresults; the run's service account has no such role.",
        Press.MEND,
        "Install the chart `charts/machiya` in the namespace, or bind its role to the account; then press retry.",
    ),
    Rule(
        "refused",
        says(r"is forbidden|admission webhook|violates podsecurity|denied the request|serviceaccount .* not found"),
        "the cluster refused the pod",
        "A policy, an admission webhook or a missing right or service account; the message says which.",
        Press.MEND,
        "Ask who runs the cluster, with the message above. Nothing of the run is lost meanwhile.",
    ),
    Rule(
        "unschedulable",
        says(r"unschedulable|nodes are available|insufficient (cpu|memory)"),
        "no machine has room for it",
        lambda failure: (
            f"It waits for a machine that fits what it asks for (memory {failure.facts.memory or 'unknown'})."
        ),
        Press.WAIT,
        "It begins as soon as one is free. If none in the pool is ever large enough, change the stage's profile.",
    ),
    Rule(
        "config",
        says(r"createcontainerconfigerror|(secret|configmap) \S+ not found|references non-existent (secret|config)"),
        "a Secret or ConfigMap is not there",
        "The container cannot begin without it; the message names it.",
        Press.MEND,
        "Create it in the namespace of the run, then press retry.",
    ),
    Rule(
        "too-large",
        says(r"argument list too long|request entity too large|workflow is longer than|offload node status"),
        "too large for Kubernetes",
        "An argument over 128 KB, or a workflow object over 1 MB.",
        Press.RESUBMIT,
        "Shorten the parameter, or use fewer shards; `machiya lint` knows the limits.",
    ),
)
