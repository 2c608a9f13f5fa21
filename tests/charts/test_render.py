"""What the chart renders, for every value set: valid to Kubernetes, restricted, with least rights, and consistent."""

import re
from pathlib import Path

import helm_python
import kubernetes_validate
import pytest
import yaml

from tests.charts.chart import (
    CHART,
    NAMESPACE,
    VALUE_SETS,
    Object,
    containers,
    of_kind,
    one,
    pod_templates,
    render,
    rendered,
    values_of,
)
from tests.charts.pod_security import violations

KUBERNETES = ["1.28", kubernetes_validate.latest_version()]
OPERATOR = {"PrometheusRule", "ServiceMonitor"}
ARGO = {"WorkflowTemplate", "CronWorkflow"}

each_value_set = pytest.mark.parametrize("name", VALUE_SETS)


@each_value_set
def test_helm_finds_nothing_to_say(name: str) -> None:
    report = helm_python.lint(CHART, values_of(name), strict=True, namespace=NAMESPACE)
    assert report["errors"] == []
    assert [message["error"] for message in report["messages"]] == ["icon is recommended"]


@each_value_set
@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_field(name: str, version: str) -> None:
    objects = [object_ for object_ in rendered(name) if object_["kind"] not in OPERATOR | ARGO]
    assert objects
    for object_ in objects:
        kubernetes_validate.validate(object_, version, strict=True)


def test_the_operator_of_prometheus_knows_every_field() -> None:
    """Its models leave out what they do not know, so what they give back is compared with what they were given."""
    from cloudcoil.models.prometheus_operator import v1

    objects = [object_ for name in VALUE_SETS for object_ in of_kind(rendered(name), *OPERATOR)]
    assert {object_["kind"] for object_ in objects} == OPERATOR
    for object_ in objects:
        model = getattr(v1, object_["kind"]).model_validate(object_)
        assert model.model_dump(mode="json", by_alias=True, exclude_unset=True) == object_


@each_value_set
def test_no_object_is_there_twice(name: str) -> None:
    names = [(object_["kind"], object_["metadata"]["name"]) for object_ in rendered(name)]
    assert len(names) == len(set(names))


@each_value_set
def test_everything_can_be_found_by_the_release(name: str) -> None:
    for object_ in rendered(name):
        if object_["kind"] not in ARGO | {"Namespace"}:
            assert object_["metadata"]["labels"]["app.kubernetes.io/instance"] == "machiya"
            assert object_["metadata"]["labels"]["app.kubernetes.io/part-of"] == "machiya"


@each_value_set
def test_pods_keep_to_the_restricted_profile(name: str) -> None:
    assert {pod: violations(template["spec"]) for pod, template in pod_templates(rendered(name)).items()} == {
        pod: [] for pod in pod_templates(rendered(name))
    }


def test_the_check_of_the_profile_finds_what_breaks_it() -> None:
    pod = {
        "hostNetwork": True,
        "volumes": [{"name": "disk", "hostPath": {"path": "/"}}],
        "containers": [{"name": "main", "securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}, "runAsUser": 0}}],
    }
    assert violations(pod) == [
        "hostNetwork is set",
        "volume disk is a hostPath",
        "main: may escalate privileges",
        "main: does not drop all capabilities",
        "main: adds capabilities",
        "main: may run as root",
        "main: runs as root",
        "main: has no seccomp profile",
        "main: can write to its root file system",
    ]


@each_value_set
def test_containers_say_what_they_need(name: str) -> None:
    for template in pod_templates(rendered(name)).values():
        for container in containers(template["spec"]):
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


@each_value_set
def test_pods_get_no_token_of_the_cluster(name: str) -> None:
    for template in pod_templates(rendered(name)).values():
        assert template["spec"]["automountServiceAccountToken"] is False


@each_value_set
def test_roles_name_what_they_allow(name: str) -> None:
    """No wildcard, no rights of the whole cluster, and secrets only by name, to be read."""
    assert of_kind(rendered(name), "ClusterRole", "ClusterRoleBinding") == []
    for role in of_kind(rendered(name), "Role"):
        for rule in role["rules"]:
            assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
            if "secrets" in rule["resources"]:
                assert (rule["verbs"], len(rule["resourceNames"])) == (["get"], 1)


def test_steps_may_report_their_result_and_nothing_else() -> None:
    assert one(rendered("minimal"), "Role", "machiya-workflow")["rules"] == [
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}
    ]


def test_argo_finds_the_token_that_manifests_keep_from_steps() -> None:
    """By the name that Argo expects where `automountServiceAccountToken` is false, for the account of the manifests."""
    secret = one(rendered("minimal"), "Secret", "machiya-workflow.service-account-token")
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert secret["metadata"]["annotations"] == {"kubernetes.io/service-account.name": "machiya-workflow"}
    for file in CHART.parents[1].glob("workflows/*/rendered/*.yaml"):
        template = next(yaml.safe_load_all(file.read_text()))["spec"]
        assert template["automountServiceAccountToken"] is False
        assert template["serviceAccountName"] == template["executor"]["serviceAccountName"] == "machiya-workflow"


def test_secrets_are_read_by_nobody_unless_asked_for() -> None:
    def may_read_secrets(values: str) -> bool:
        rules = [rule for role in of_kind(rendered(values), "Role") for rule in role["rules"]]
        return any("secrets" in rule["resources"] for rule in rules)

    assert [may_read_secrets(name) for name in ("production-s3", "everything")] == [False, True]


def test_the_controller_may_write_the_caches_that_are_named_and_finds_them() -> None:
    objects = rendered("production-s3")
    names = values_of("production-s3")["cache"]["configMaps"]
    assert one(objects, "Role", "machiya-cache")["rules"] == [
        {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": names, "verbs": ["get", "update"]}
    ]
    for name in names:
        labels = one(objects, "ConfigMap", name)["metadata"]["labels"]
        assert labels["workflows.argoproj.io/configmap-type"] == "Cache"
    subject = one(objects, "RoleBinding", "machiya-cache")["subjects"][0]
    assert (subject["name"], subject["namespace"]) == ("argo-workflows-workflow-controller", "argo")


def test_without_names_the_controller_may_make_any_cache() -> None:
    rule = one(rendered("minimal"), "Role", "machiya-cache")["rules"][0]
    assert (rule.get("resourceNames"), rule["verbs"]) == (None, ["create", "get", "update"])


@each_value_set
def test_bindings_bind_what_is_there(name: str) -> None:
    objects = rendered(name)
    accounts = {object_["metadata"]["name"] for object_ in of_kind(objects, "ServiceAccount")}
    for binding in of_kind(objects, "RoleBinding"):
        one(objects, "Role", binding["roleRef"]["name"])
        for subject in binding["subjects"]:
            if subject.get("namespace") == NAMESPACE:
                assert subject["name"] in accounts
    for template in pod_templates(objects).values():
        assert template["spec"].get("serviceAccountName") in {None, *accounts}


@each_value_set
def test_selectors_select_pods_and_ports_are_theirs(name: str) -> None:
    objects = rendered(name)
    pods = [template for pod, template in pod_templates(objects).items() if not pod.startswith("Pod/")]
    for object_ in of_kind(objects, "Service", "PodDisruptionBudget", "NetworkPolicy", "Deployment", "StatefulSet"):
        (pod,) = [pod for pod in pods if _selects(object_, pod)]
        ports = {port["name"] for container in pod["spec"]["containers"] for port in container.get("ports", [])}
        assert set(_target_ports(object_)) <= ports


@each_value_set
def test_what_is_referred_to_is_there(name: str) -> None:
    """ConfigMaps of the chart, ingress to service, autoscaler to deployment. Secrets may come from elsewhere."""
    objects = rendered(name)
    for template in pod_templates(objects).values():
        for volume in template["spec"].get("volumes", []):
            if "configMap" in volume:
                one(objects, "ConfigMap", volume["configMap"]["name"])
        mounted = {mount["name"] for part in containers(template["spec"]) for mount in part.get("volumeMounts", [])}
        claims = {"data"} if "volumeClaimTemplates" in str(objects) else set()
        assert mounted <= {volume["name"] for volume in template["spec"].get("volumes", [])} | claims
    for ingress in of_kind(objects, "Ingress"):
        service = ingress["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        ports = one(objects, "Service", service["name"])["spec"]["ports"]
        assert service["port"]["name"] in {port["name"] for port in ports}
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        scaled = one(objects, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        assert "replicas" not in scaled["spec"]
        parts = {part["name"] for part in containers(scaled["spec"]["template"]["spec"])}
        assert {metric["containerResource"]["container"] for metric in scaler["spec"]["metrics"]} <= parts


def test_the_viewer_is_asked_at_its_port_with_parameters_of_its_contract() -> None:
    contract = yaml.safe_load((CHART.parents[1] / "components/viewer/component.yaml").read_text())
    service = contract["operations"]["serve"]["service"]
    (viewer,) = pod_templates(rendered("everything"))["Deployment/machiya-viewer"]["spec"]["containers"]
    assert viewer["ports"] == [{"name": "http", "containerPort": service["port"]}]
    probes = {probe: viewer[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")}
    assert probes == {"startup": "/livez", "liveness": "/livez", "readiness": "/readyz"}
    assert set(viewer["args"][2::2]) <= {f"--{name}" for name in contract["operations"]["serve"]["parameters"]}


def test_the_viewer_may_use_the_memory_that_its_contract_asks_for() -> None:
    contract = yaml.safe_load((CHART.parents[1] / "components/viewer/component.yaml").read_text())
    (viewer,) = pod_templates(rendered("production-s3"))["Deployment/machiya-viewer"]["spec"]["containers"]
    assert viewer["resources"]["limits"]["memory"] == contract["operations"]["serve"]["resources"]["memory"]


@each_value_set
def test_images_that_come_with_the_chart_are_pinned_by_digest(name: str) -> None:
    for template in pod_templates(rendered(name)).values():
        for container in containers(template["spec"]):
            own = container["image"].startswith(("machiya/", "ghcr.io/acme/"))
            assert own or re.search(r":[^@/]+@sha256:[0-9a-f]{64}$", container["image"])


def test_a_quota_brings_what_containers_get_that_ask_for_nothing() -> None:
    limit = one(rendered("everything"), "LimitRange", "machiya")["spec"]["limits"][0]
    assert set(limit["defaultRequest"]) == {"cpu", "memory"}
    assert of_kind(rendered("minimal"), "LimitRange", "ResourceQuota") == []


def test_argo_is_not_needed_where_it_is_off_and_asked_for_where_it_is_on() -> None:
    dependencies = helm_python.dependency_list(CHART)
    assert [(entry["name"], entry["status"]) for entry in dependencies] == [("argo", "unpacked")]
    if (CHART / "charts/argo/charts").exists():
        pytest.skip("Argo's chart was fetched into the working copy")
    with pytest.raises(helm_python.HelmRenderError, match="helm dependency build charts/machiya/charts/argo"):
        render({"argo": {"enabled": True}})


def test_one_version_of_argos_chart_is_asked_for() -> None:
    asked = yaml.safe_load((CHART / "charts/argo/Chart.yaml").read_text())["dependencies"]
    assert [re.fullmatch(r"\d+\.\d+\.\d+", entry["version"]) is not None for entry in asked] == [True]


def test_a_package_of_the_chart_renders_the_same(tmp_path: Path) -> None:
    values = values_of("everything")
    assert render(values, Path(helm_python.package(CHART, destination=tmp_path))) == rendered("everything")


def _selects(object_: Object, pod: Object) -> bool:
    spec = object_["spec"]
    selector = spec.get("podSelector") or spec["selector"]
    wanted = selector.get("matchLabels", selector)
    return bool(wanted) and wanted.items() <= pod["metadata"]["labels"].items()


def _target_ports(object_: Object) -> list[str]:
    if object_["kind"] == "Service":
        return [port["targetPort"] for port in object_["spec"]["ports"]]
    if object_["kind"] == "NetworkPolicy":
        return [port["port"] for rule in object_["spec"]["ingress"] for port in rule["ports"]]
    return []
