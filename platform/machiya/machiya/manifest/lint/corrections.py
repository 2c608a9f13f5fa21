"""What hera's models say otherwise than Argo does.

hera 7.1 is made from the OpenAPI description of Argo 4.0.5. That description calls some types strings that Argo's own
code reads leniently, calls fields required whose absence Argo accepts, and is older than Argo 4.1.
"""

ADDED: dict[str, dict[str, str]] = {
    # New in Argo 4.1 and in the version of Kubernetes' API that it is built with.
    "WorkflowSpec": {
        "executorPlugins": "[ExecutorPlugin]",
        "podResources": "k8s.ResourceRequirements",
        "resourceClaims": "[k8s.PodResourceClaim]",
    },
    "Template": {
        "pendingTimeout": "str",
        "podResources": "k8s.ResourceRequirements",
        "resourceClaims": "[k8s.PodResourceClaim]",
    },
    "S3Artifact": {"addressingStyle": "str"},
    "S3ArtifactRepository": {"addressingStyle": "str"},
    "HTTPArtifact": {"saveStreamViaFile": "bool"},
    "ContainerNode": {"restartPolicyRules": "[k8s.ContainerRestartRule]"},
    "ScriptTemplate": {"restartPolicyRules": "[k8s.ContainerRestartRule]"},
    "UserContainer": {"restartPolicyRules": "[k8s.ContainerRestartRule]"},
    "k8s.Container": {"restartPolicyRules": "[k8s.ContainerRestartRule]"},
    "k8s.EnvVarSource": {"fileKeyRef": "k8s.FileKeySelector"},
    "k8s.VolumeProjection": {"podCertificate": "k8s.PodCertificateProjection"},
    "ExecutorPlugin": {"apiVersion": "str", "kind": "str", "metadata": "k8s.ObjectMeta", "spec": "ExecutorPluginSpec"},
    "ExecutorPluginSpec": {"sidecar": "ExecutorPluginSidecar"},
    "ExecutorPluginSidecar": {"automountServiceAccountToken": "bool", "container": "k8s.Container"},
    "k8s.ContainerRestartRule": {"action": "str!", "exitCodes": "k8s.ContainerRestartRuleOnExitCodes"},
    "k8s.ContainerRestartRuleOnExitCodes": {"operator": "str!", "values": "[int]"},
    "k8s.FileKeySelector": {"key": "str!", "optional": "bool", "path": "str!", "volumeName": "str!"},
    "k8s.PodCertificateProjection": {
        "certificateChainPath": "str",
        "credentialBundlePath": "str",
        "keyPath": "str",
        "keyType": "str!",
        "maxExpirationSeconds": "int",
        "signerName": "str!",
    },
    "k8s.PodResourceClaim": {"name": "str!", "resourceClaimName": "str", "resourceClaimTemplateName": "str"},
}

RETYPED: dict[str, str] = {
    # Strings in the models; Argo reads numbers and booleans too and makes strings of them (its type AnyString).
    "Parameter.default": "any-str",
    "Parameter.enum": "[any-str]",
    "Parameter.value": "any-str",
    "ValueFrom.default": "any-str",
    # A port may be named in Kubernetes, and is so in the description hera is made from.
    "k8s.HTTPGetAction.port": "int-or-str",
}

REQUIRED: frozenset[str] = frozenset({"k8s.ConfigMapKeySelector.name", "k8s.SecretKeySelector.name"})
"""Optional in the models, for reasons of Kubernetes' history; without it nothing is found."""

NOT_REQUIRED: frozenset[str] = frozenset(
    {
        # Accepted by Argo when left out.
        "Gauge.realtime",
        "Memoize.maxAge",
        "Workflow.metadata",
        "Workflow.spec",
        # Found by a rule of its own that says more.
        "Artifact.name",
        "ContainerNode.name",
        "ContainerSetTemplate.containers",
        "Counter.value",
        "CronWorkflowSpec.schedules",
        "DAGTask.name",
        "DAGTemplate.tasks",
        "Gauge.value",
        "GitArtifact.repo",
        "HDFSArtifact.path",
        "Histogram.value",
        "Memoize.cache",
        "Memoize.key",
        "Parameter.name",
        "Prometheus.help",
        "Prometheus.name",
        "ResourceTemplate.action",
        "UserContainer.name",
        # Filled in from the artifact repository.
        "ArtifactoryArtifact.url",
        "AzureArtifact.blob",
        "AzureArtifact.container",
        "AzureArtifact.endpoint",
        "GCSArtifact.key",
        "OSSArtifact.key",
        "PluginArtifact.key",
    }
)
"""Required in the models, and yet not reported as a missing field."""
