"""What the profile of a stage says, as fields of a manifest."""

from hera.workflows import models

from machiya.manifest import policy
from machiya.manifest.profile import Pool, Profile, Retention

ALL_PODS = 9999
"""More pods than a run has. (For pods that no Deployment owns, Kubernetes takes a whole number that must stay only.)"""


def ttl_strategy(retention: Retention) -> models.TTLStrategy:
    """A run that failed stays longer: somebody will want to look at it, and retry it."""
    return models.TTLStrategy(
        seconds_after_success=policy.seconds(retention.succeeded),
        seconds_after_failure=policy.seconds(retention.failed),
    )


def pod_gc(retention: Retention) -> models.PodGC:
    """Pods that succeeded go after a while; those that failed stay as long as their run."""
    return models.PodGC(strategy="OnPodSuccess", delete_delay_duration=f"{policy.seconds(retention.pods)}s")


def disruption_budget(profile: Profile) -> models.PodDisruptionBudgetSpec | None:
    """Nodes are not emptied while pods of a run are on them. It cannot keep those that a provider takes away."""
    if not profile.protect_pods:
        return None
    return models.PodDisruptionBudgetSpec(min_available=models.IntOrString(root=ALL_PODS))


def executor(profile: Profile) -> models.ExecutorConfig:
    """Argo's own container alone gets a token: the one that it tells the outputs with."""
    return models.ExecutorConfig(service_account_name=profile.service_account_name)


def tolerations(pool: Pool | None) -> list[models.Toleration] | None:
    """What lets a pod onto the nodes of a pool."""
    found = [models.Toleration(**one.model_dump(exclude_none=True)) for one in pool.tolerations] if pool else []
    return found or None


def node_selector(pool: Pool | None) -> dict[str, str] | None:
    """What brings a pod there."""
    return dict(pool.node_selector) or None if pool else None
