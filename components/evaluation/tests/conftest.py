"""Property tests without a clock: a loaded machine must not fail them."""

from hypothesis import HealthCheck, settings

settings.register_profile("evaluation", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("evaluation")
