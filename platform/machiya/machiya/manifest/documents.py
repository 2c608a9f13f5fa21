"""The documents of a manifest: a WorkflowTemplate, and a CronWorkflow where there is a schedule."""

from typing import TYPE_CHECKING

from hera.workflows import models
from pydantic import BaseModel

from machiya.dsl import Step, WorkflowDefinition
from machiya.manifest import policy, settings
from machiya.manifest.descriptions import annotations, run_description, template_description, title
from machiya.manifest.expressions import keyed_ports, text_of
from machiya.manifest.fan_out import fan_out_template
from machiya.manifest.links import stage_links
from machiya.manifest.metrics import run_metrics
from machiya.manifest.names import code_argument, digest_name
from machiya.manifest.pools import choose_pools
from machiya.manifest.profile import Profile
from machiya.manifest.shown import shown, shown_whole
from machiya.manifest.step import step_template
from machiya.manifest.tasks import EXIT, MAIN, canary_template, exit_template, main_template
from machiya.pins import Pins

if TYPE_CHECKING:
    from machiya.manifest.render import Commits

API_VERSION = "argoproj.io/v1alpha1"
START_DEADLINE_SECONDS = 3600
"""How late a scheduled run may start, when the cluster was not there at its time."""


def documents(workflow: WorkflowDefinition, pins: Pins, commits: "Commits", profile: Profile) -> list[BaseModel]:
    """The objects of a manifest, in the order of the file."""
    found: list[BaseModel] = [workflow_template(workflow, pins, commits, profile)]
    if workflow.schedule is not None:
        found.append(cron_workflow(workflow, profile))
    return found


def object_name(workflow: WorkflowDefinition) -> str:
    """The name of both objects: stages can live side by side."""
    return f"{workflow.name}-{workflow.stage}"


def workflow_template(
    workflow: WorkflowDefinition, pins: Pins, commits: "Commits", profile: Profile
) -> models.WorkflowTemplate:
    """All templates, with the images that the stage pins, where the stage's profile wants them to run."""
    links = stage_links(profile)
    return models.WorkflowTemplate(
        api_version=API_VERSION,
        kind="WorkflowTemplate",
        metadata=models.ObjectMeta(
            name=object_name(workflow),
            namespace=profile.namespace,
            labels=_labels(workflow),
            annotations={
                **annotations(template_description(workflow, links, commits), title(workflow), workflow.owner),
                "machiya/artifact-retention": policy.hours(policy.ARTIFACT_RETENTION),
                **_results(workflow),
            },
        ),
        spec=models.WorkflowSpec(
            entrypoint=MAIN,
            on_exit=EXIT if workflow.exit_steps else None,
            workflow_metadata=models.WorkflowMetadata(
                labels=_labels(workflow),
                annotations=annotations(run_description(workflow, links), owner=workflow.owner),
            ),
            metrics=run_metrics(workflow),
            arguments=models.Arguments(parameters=_arguments(workflow)),
            security_context=policy.pod_security(),
            service_account_name=profile.service_account_name,
            automount_service_account_token=False,
            executor=settings.executor(profile),
            parallelism=profile.parallelism,
            archive_logs=profile.archive_logs or None,
            ttl_strategy=settings.ttl_strategy(profile.retention),
            pod_gc=settings.pod_gc(profile.retention),
            pod_disruption_budget=settings.disruption_budget(profile),
            templates=[*_dags(workflow), *_step_templates(workflow, pins, commits, profile)],
        ),
    )


def _dags(workflow: WorkflowDefinition) -> list[models.Template]:
    canary = [canary_template(workflow, workflow.canary)] if workflow.canary is not None else []
    on_exit = [exit_template(workflow)] if workflow.exit_steps else []
    return [main_template(workflow), *canary, *on_exit]


def _step_templates(
    workflow: WorkflowDefinition, pins: Pins, commits: "Commits", profile: Profile
) -> list[models.Template]:
    """Of every fan-out as a whole, then of every step, or one shard of it."""
    pools = choose_pools(workflow.all_steps, profile, pins.file.parent, workflow.stage)
    links = stage_links(profile)
    fan_outs, steps = [], []
    for step in workflow.all_steps:
        commit = commits.get((step.contract.name, step.pin.version), "")
        keyed = keyed_ports(workflow, step)
        if step.fan_out:
            fan_outs.append(shown_whole(fan_out_template(step, commit, keyed), workflow, step, links, commit))
        image = pins.image(step.contract.name, step.pin)
        template = step_template(step, image, commit, keyed, pools.get(step.name))
        steps.append(shown(template, workflow, step, links, commit))
    return [*fan_outs, *steps]


def _labels(workflow: WorkflowDefinition) -> dict[str, str]:
    return {"machiya/workflow": workflow.name, "machiya/stage": workflow.stage}


def _results(workflow: WorkflowDefinition) -> dict[str, str]:
    results = [f"{result.step}/{result.port}" for result in workflow.results]
    return {"machiya/results": ",".join(results)} if results else {}


def _arguments(workflow: WorkflowDefinition) -> list[models.Parameter]:
    """Parameters, locations of what comes from outside with their digests, and digests of code that is not released."""
    found = [
        models.Parameter(
            name=parameter.name,
            value=text_of(parameter.default),
            description=parameter.description,
            enum=[text_of(value) for value in parameter.fragment.get("enum", [])] or None,
        )
        for parameter in workflow.parameters
    ]
    for artifact in workflow.artifacts:
        found.append(models.Parameter(name=artifact.name, value=artifact.default, description=artifact.description))
        described = f"Content digest of {artifact.name}; where it is empty, no earlier result is used."
        found.append(models.Parameter(name=digest_name(artifact.name), value="", description=described))
    for component in dict.fromkeys(step.contract.name for step in workflow.all_steps if _is_unreleased(step)):
        described = f"Digest of the code of {component}, which is not released; where it is empty, nothing is reused."
        found.append(models.Parameter(name=code_argument(component), value="", description=described))
    return found


def _is_unreleased(step: Step) -> bool:
    return step.pin.digest is None


def cron_workflow(workflow: WorkflowDefinition, profile: Profile) -> models.CronWorkflow:
    """Runs the template by the schedule, one run at a time."""
    assert workflow.schedule is not None, "only a workflow with a schedule has a CronWorkflow"
    return models.CronWorkflow(
        api_version=API_VERSION,
        kind="CronWorkflow",
        metadata=models.ObjectMeta(
            name=object_name(workflow),
            namespace=profile.namespace,
            labels=_labels(workflow),
            annotations=annotations(run_description(workflow, stage_links(profile)), title(workflow)),
        ),
        spec=models.CronWorkflowSpec(
            schedules=[workflow.schedule],
            timezone=workflow.timezone,
            concurrency_policy="Forbid",
            starting_deadline_seconds=START_DEADLINE_SECONDS,
            workflow_metadata=models.ObjectMeta(labels=_labels(workflow)),
            workflow_spec=models.WorkflowSpec(
                workflow_template_ref=models.WorkflowTemplateRef(name=object_name(workflow))
            ),
        ),
    )
