"""Templates, and the tasks and steps in them."""

from machiya.engines.local.argo.model import (
    Backoff,
    Container,
    ContinueOn,
    Dag,
    Hook,
    Memoize,
    NumberSequence,
    RetryStrategy,
    Suspend,
    Synchronization,
    Task,
    Template,
    TemplateRef,
)
from machiya.engines.local.argo.parse.data import read_key_reference, read_values
from machiya.engines.local.argo.parse.fields import INVALID, Fields, plain
from machiya.engines.local.argo.parse.pods import read_container, read_patch, read_security, read_volumes

_KINDS = ("container", "script", "dag", "steps", "suspend")
_CLUSTER_KINDS = ("resource", "data", "http", "plugin", "containerSet")
_IGNORED = (
    "metrics", "serviceAccountName", "nodeSelector", "affinity", "tolerations", "priorityClassName", "priority",
    "schedulerName", "automountServiceAccountToken", "executor", "hostAliases", "archiveLocation", "podResources",
)  # fmt: skip


def read_template(fields: Fields, *, defaults: bool = False) -> Template:
    """A template, an inline one, or (`defaults`) the templateDefaults of a workflow."""
    for name in _CLUSTER_KINDS:
        fields.refuse(name, "Templates of this type need a cluster.")
    fields.refuse("daemon", "Start the service beside the run, and give its address as a parameter.")
    for name in ("sidecars", "initContainers"):
        fields.refuse(name, "A local step is one container.")
    fields.refuse("failFast", "Use it in `dag`, where the local engine supports it.")
    fields.ignore(*_IGNORED)
    metadata = fields.child("metadata")
    dag = fields.child("dag")
    template = Template(
        name=fields.text("name"),
        inputs=read_values(fields.child("inputs")),
        outputs=read_values(fields.child("outputs")),
        container=_program(fields),
        dag=_dag(dag) if dag.given else None,
        steps=_steps(fields) if fields.has("steps") else None,
        suspend=_suspend(fields.child("suspend")),
        retry=read_retry(fields.child("retryStrategy")),
        timeout=fields.text("timeout"),
        active_deadline=fields.text("activeDeadlineSeconds"),
        memoize=_memoize(fields.child("memoize")),
        parallelism=fields.integer("parallelism"),
        synchronization=read_synchronization(fields.child("synchronization")),
        volumes=read_volumes(fields),
        security=read_security(fields.child("securityContext")),
        pod_patch=read_patch(fields),
        labels=metadata.mapping("labels"),
        annotations={**metadata.mapping("annotations"), **fields.mapping("annotations")},
        line=fields.line,
    )
    metadata.finish()
    fields.finish()
    if not defaults:
        _check_kind(fields)
    return template


def _check_kind(fields: Fields) -> None:
    kinds = [name for name in _KINDS if fields.node.get(name).kind != "missing"]
    if len(kinds) != 1 and not any(fields.has(name) for name in _CLUSTER_KINDS):
        has = f"has {' and '.join(kinds)}" if kinds else "has none of them"
        message = f"a template is one of {', '.join(_KINDS)}; this one {has}."
        fields.findings.append(fields.node.finding(INVALID, message, "Keep exactly one."))
    for name in ("timeout", "activeDeadlineSeconds"):
        if fields.has(name) and (fields.has("dag") or fields.has("steps")):
            fields.invalid(
                name, f"`{name}` counts for containers and scripts only.", "Move it to the templates that are called."
            )


def _program(fields: Fields) -> Container | None:
    container, script = fields.child("container"), fields.child("script")
    if script.given:
        return read_container(script, script=True)
    return read_container(container) if container.given else None


def _suspend(fields: Fields) -> Suspend | None:
    if fields.node.kind == "missing":
        return None
    suspend = Suspend(fields.text("duration"))
    fields.finish()
    return suspend


def _dag(fields: Fields) -> Dag:
    dag = Dag(
        tasks=tuple(_task(child) for child in fields.children("tasks")),
        target=fields.text("target"),
        fail_fast=fields.boolean("failFast", default=True),
    )
    fields.finish()
    return dag


def _steps(fields: Fields) -> tuple[tuple[Task, ...], ...]:
    groups: list[tuple[Task, ...]] = []
    for node in fields.elements("steps"):
        if node.kind != "list":
            fields.findings.append(node.finding(INVALID, "steps is a list of lists.", "Write `- - name: ...`."))
        groups.append(tuple(_task(Fields(element, fields.findings)) for element in node.elements))
    return tuple(groups)


def _task(fields: Fields) -> Task:
    inline = fields.child("inline")
    sequence = fields.child("withSequence")
    on_exit = fields.text("onExit")
    hooks = read_hooks(fields.child("hooks"))
    continue_on = fields.child("continueOn")
    task = Task(
        name=fields.text("name"),
        template=fields.text("template"),
        template_ref=read_template_ref(fields.child("templateRef")),
        inline=read_template(inline) if inline.given else None,
        arguments=read_values(fields.child("arguments")),
        depends=fields.text("depends"),
        dependencies=fields.strings("dependencies"),
        when=fields.text("when"),
        items=tuple(plain(node) for node in fields.elements("withItems")) if fields.has("withItems") else None,
        with_param=_with_param(fields),
        with_sequence=_sequence(sequence) if sequence.given else None,
        continue_on=ContinueOn(continue_on.boolean("failed"), continue_on.boolean("error")),
        hooks=(*((Hook("exit", on_exit),) if on_exit else ()), *hooks),
        line=fields.line,
    )
    continue_on.finish()
    fields.finish()
    return task


def _with_param(fields: Fields) -> str:
    node = fields.node.get("withParam")
    fields.ignore("withParam")
    if node.given and not node.is_scalar:
        fields.invalid("withParam", "withParam is a text that holds a JSON list.", "Use withItems for a YAML list.")
    return node.text if node.is_scalar else ""


def _sequence(fields: Fields) -> NumberSequence:
    sequence = NumberSequence(fields.text("count"), fields.text("start"), fields.text("end"), fields.text("format"))
    fields.finish()
    return sequence


def read_hooks(fields: Fields) -> tuple[Hook, ...]:
    """The lifecycle hooks of a task, a step or a workflow."""
    hooks: list[Hook] = []
    for name in fields.node.entries:
        hook = fields.child(name)
        reference = read_template_ref(hook.child("templateRef"))
        arguments = read_values(hook.child("arguments"))
        hooks.append(Hook(name, hook.text("template"), reference, arguments, hook.text("expression")))
        hook.finish()
    return tuple(hooks)


def read_template_ref(fields: Fields) -> TemplateRef | None:
    """A templateRef, or (without a template) a workflowTemplateRef."""
    if not fields.given:
        return None
    reference = TemplateRef(fields.text("name"), fields.text("template"), fields.boolean("clusterScope"))
    fields.finish()
    return reference


def read_retry(fields: Fields) -> RetryStrategy | None:
    """A retryStrategy."""
    if not fields.given:
        return None
    fields.ignore("affinity")
    backoff = fields.child("backoff")
    strategy = RetryStrategy(
        limit=fields.text("limit"),
        policy=fields.text("retryPolicy"),
        expression=fields.text("expression"),
        backoff=Backoff(
            backoff.text("duration"), backoff.text("factor"), backoff.text("maxDuration"), backoff.text("cap")
        )
        if backoff.given
        else None,
    )
    backoff.finish()
    fields.finish()
    return strategy


def _memoize(fields: Fields) -> Memoize | None:
    if not fields.given:
        return None
    cache = fields.child("cache")
    reference = cache.child("configMap")
    memoize = Memoize(fields.text("key"), reference.text("name"), fields.text("maxAge"))
    reference.ignore("key", "optional")
    for part in (reference, cache, fields):
        part.finish()
    return memoize


def read_synchronization(fields: Fields) -> Synchronization | None:
    """Locks: the forms of version 3.6 (lists) and before (a single one)."""
    if not fields.given:
        return None
    mutexes = [*fields.children("mutexes"), *((fields.child("mutex"),) if fields.has("mutex") else ())]
    names = tuple(_mutex(child) for child in mutexes)
    semaphores = [*fields.children("semaphores"), *((fields.child("semaphore"),) if fields.has("semaphore") else ())]
    keys = []
    for child in semaphores:
        child.ignore("namespace")
        reference = read_key_reference(child.child("configMapKeyRef"))
        if reference is not None:
            keys.append(reference)
        child.finish()
    fields.finish()
    return Synchronization(names, tuple(keys))


def _mutex(fields: Fields) -> str:
    fields.ignore("namespace")
    fields.refuse("database", "Locks in a database need a cluster.")
    name = fields.text("name")
    fields.finish()
    return name
