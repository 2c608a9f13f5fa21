"""The ids of all rules, which are stable: docs/lint.md explains each with an example of wrong and right."""

from enum import StrEnum


class Rule(StrEnum):
    """The rules, in the order of docs/lint.md."""

    # The file
    YAML = "lint.yaml"
    DUPLICATE_KEY = "lint.duplicate-key"
    KIND = "lint.kind"
    UNKNOWN_FIELD = "lint.unknown-field"
    WRONG_TYPE = "lint.wrong-type"
    MISSING_FIELD = "lint.missing-field"

    # Names
    NAME_MISSING = "lint.name-missing"
    NAME_INVALID = "lint.name-invalid"
    NAME_DUPLICATE = "lint.name-duplicate"
    NAME_TOO_LONG = "lint.name-too-long"
    NAME_RESERVED = "lint.name-reserved"

    # Templates and how they are called
    ENTRYPOINT = "lint.entrypoint"
    TEMPLATE_NOT_FOUND = "lint.template-not-found"
    TEMPLATE_REF_NOT_FOUND = "lint.template-ref-not-found"
    TEMPLATE_REF = "lint.template-ref"
    TEMPLATE_TYPE = "lint.template-type"
    FIELD_MISPLACED = "lint.field-misplaced"
    IMAGE_MISSING = "lint.image-missing"

    # Arguments
    ARGUMENT_MISSING = "lint.argument-missing"
    ARGUMENT_SUPERFLUOUS = "lint.argument-superfluous"
    ARGUMENT_VALUE = "lint.argument-value"
    ARGUMENT_VALUE_FROM = "lint.argument-value-from"
    ENUM = "lint.enum"

    # Variables and expressions
    VARIABLE_UNRESOLVED = "lint.variable-unresolved"
    VARIABLE_MISSPELLED = "lint.variable-misspelled"
    MISSING_DEPENDENCY = "lint.missing-dependency"
    ITEM_WITHOUT_LOOP = "lint.item-without-loop"
    EXPRESSION = "lint.expression"
    WHEN = "lint.when"

    # DAGs
    DAG_EMPTY = "lint.dag-empty"
    DAG_TARGET = "lint.dag-target"
    CYCLE = "lint.cycle"
    DEPENDENCY_NOT_FOUND = "lint.dependency-not-found"
    DEPENDS = "lint.depends"
    DEPENDS_MIXED = "lint.depends-mixed"
    TASK_NAME_DIGIT = "lint.task-name-digit"

    # Loops, hooks, retries, caching, locks
    LOOP = "lint.loop"
    SEQUENCE = "lint.sequence"
    HOOK = "lint.hook"
    RETRY_POLICY = "lint.retry-policy"
    RETRY_EXPRESSION = "lint.retry-expression"
    RETRY_BACKOFF = "lint.retry-backoff"
    RETRY_LIMIT = "lint.retry-limit"
    DURATION = "lint.duration"
    DEADLINE = "lint.deadline"
    MEMOIZE_KEY = "lint.memoize-key"
    MEMOIZE_CACHE = "lint.memoize-cache"
    SYNCHRONIZATION = "lint.synchronization"
    CONFIG_MAP = "lint.config-map"

    # Inputs, outputs, artifacts
    OUTPUT_VALUE = "lint.output-value"
    GLOBAL_NAME = "lint.global-name"
    ARTIFACT_PATH = "lint.artifact-path"
    ARTIFACT_LOCATION = "lint.artifact-location"
    PATH_COLLISION = "lint.path-collision"

    # Pods
    CONTAINER_SET = "lint.container-set"
    CONTAINER_NAME = "lint.container-name"
    VOLUME_NOT_FOUND = "lint.volume-not-found"
    POD_SPEC_PATCH = "lint.pod-spec-patch"
    POD_RESOURCES = "lint.pod-resources"
    RESOURCE_CLAIMS = "lint.resource-claims"
    POD_GC = "lint.pod-gc"
    RESOURCE_ACTION = "lint.resource-action"
    RESOURCE_MANIFEST = "lint.resource-manifest"
    METRIC = "lint.metric"
    EXECUTOR_PLUGIN = "lint.executor-plugin"

    # Sizes
    OBJECT_SIZE = "lint.object-size"
    ARGUMENT_SIZE = "lint.argument-size"

    # CronWorkflows
    CRON_SCHEDULE = "lint.cron-schedule"
    CRON_TIMEZONE = "lint.cron-timezone"
    CRON_POLICY = "lint.cron-policy"
