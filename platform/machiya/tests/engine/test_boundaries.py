"""What leads out of the folders of a step is refused, and what a step writes where it may not is found."""

from pathlib import Path

import pytest

from machiya.engines.local.api import Setup, retry, run_workflow
from machiya.engines.local.argo.parse.manifest import ManifestError
from machiya.engines.local.store import DirectoryStore

from .steps import SHARED, TAKES, ending, kept, manifest, node, script

# Paths that climb out


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("outputs: {artifacts: [{name: a, path: /data/out/../../x}]}", "the path '/data/out/../../x' climbs out"),
        ("outputs: {parameters: [{name: a, valueFrom: {path: /data/../x}}]}", "the path '/data/../x' climbs out"),
        ("inputs: {artifacts: [{name: a, path: /data/in/../../x, raw: {data: x}}]}", "climbs out of its folder"),
        ("inputs: {artifacts: [{name: a, path: /data/in/a, s3: {key: ../x}}]}", "climbs out of the artifact store"),
        (
            "inputs: {artifacts: [{name: a, path: /data/in/a, subPath: ../x, s3: {key: x}}]}",
            "the subPath '../x' climbs",
        ),
    ],
)
def test_a_path_that_climbs_out_is_found_before_anything_starts(shell: Setup, what: str, said: str) -> None:
    text = manifest(f"{what}\n    {script('true')}")
    with pytest.raises(ManifestError, match=said.replace("/", "/").replace("..", r"\.\.")) as error:
        run_workflow(text, shell, file="w.yaml")
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.strip() == what)
    assert str(error.value).startswith(f"w.yaml:{line}: ")
    assert (error.value.exit_code, shell.home.exists()) == (65, False)


@pytest.mark.parametrize(
    "mount", ["mountPath: /a/../b", "mountPath: /a, subPath: ../b", "mountPath: /a, subPath: /etc"]
)
def test_a_mount_that_climbs_out_is_found_before_anything_starts(shell: Setup, mount: str) -> None:
    step = (
        f"container: {{image: none, volumeMounts: [{{name: v, {mount}}}]}}\n    volumes: [{{name: v, emptyDir: {{}}}}]"
    )
    with pytest.raises(ManifestError, match="climbs out of its folder"):
        run_workflow(manifest(step), shell)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("outputs: {artifacts: [{name: a, path: '/data/out/%s'}]}", "the path '/data/out/../../../x' climbs out"),
        ("outputs: {parameters: [{name: a, valueFrom: {path: '/data/out/%s'}}]}", "climbs out of its folder"),
        ("outputs: {artifacts: [{name: a, path: /data/out, s3: {key: '%s'}}]}", "the key '../../../x' climbs out"),
        ("inputs: {artifacts: [{name: a, path: '/data/in/%s', raw: {data: x}}]}", "climbs out of its folder"),
        ("inputs: {artifacts: [{name: a, path: /data/in/a, s3: {key: '%s'}}]}", "climbs out of its folder"),
    ],
)
def test_a_path_that_climbs_out_by_a_parameter_is_refused_before_the_program_starts(
    shell: Setup, tmp_path: Path, what: str, said: str
) -> None:
    step = f"{what % '{{workflow.parameters.p}}'}\n    {script(f'touch {tmp_path}/ran')}"
    arguments = "  arguments: {parameters: [{name: p, value: ../../../x}]}"
    result = run_workflow(manifest(step, specification=arguments), shell)
    assert ending(result)[0] == "Error"
    assert said in ending(result)[1]
    assert not (tmp_path / "ran").exists()


# What a program may write


LINKS = {
    "an absolute link": "ln -s /etc port",
    "a link that climbs": "ln -s ../../../../../etc port",
    "a link on the way": "mkdir -p port; ln -s /etc port/deeper",
    "a link inside": "mkdir port; ln -s /etc/passwd port/a",
    "a pipe": "mkfifo port",
}


@pytest.mark.parametrize("text", LINKS.values(), ids=LINKS)
def test_an_output_that_leads_out_or_is_no_file_is_refused(shell: Setup, text: str) -> None:
    path = "/data/out/port/deeper/passwd" if "deeper" in text else "/data/out/port"
    outputs = f"{{artifacts: [{{name: port, path: {path}}}]}}"
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert (ending(result)[0], kept(shell)) == ("Error", [])
    assert ending(result)[1].startswith("the output 'port' could not be kept: ")


@pytest.mark.parametrize("text", ["ln -s /etc/passwd p", "ln -s ../../../../../etc/passwd p", "mkfifo p"])
def test_an_output_parameter_that_leads_out_or_is_no_file_is_refused(shell: Setup, text: str) -> None:
    outputs = "{parameters: [{name: p, valueFrom: {path: /data/out/p}}]}"
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert ending(result)[0] == "Error"
    assert ending(result)[1].startswith("the output parameter 'p' cannot be read: ")
    assert node(result).outputs.parameters == {}


def test_a_link_that_stays_inside_is_followed(shell: Setup) -> None:
    text = "mkdir v2 && echo 2 > v2/a && ln -s v2 port && ln -s v2/a p"
    outputs = (
        "{parameters: [{name: p, valueFrom: {path: /data/out/p}}], artifacts: [{name: port, path: /data/out/port}]}"
    )
    result = run_workflow(manifest(script(text, outputs=outputs)), shell)
    assert (result.phase, node(result).outputs.parameters) == ("Succeeded", {"p": "2"})
    DirectoryStore(shell.home / "store").link(kept(shell)[0], shell.home / "look")
    assert (shell.home / "look" / "a").read_text() == "2\n"


# An input that a step wrote into


def test_a_stored_artifact_that_a_step_wrote_into_does_not_stay_in_the_store(shell: Setup, tmp_path: Path) -> None:
    """Other runs that are linked to it see at once that it is gone; who needs it makes it again."""
    makes = script(f"echo x >> {tmp_path}/made; mkdir port; echo whole > port/a", outputs=SHARED)
    harms = TAKES + script(f"test -e {tmp_path}/again || {{ chmod u+w ../in/port/a; echo harm > ../in/port/a; }}")
    result = run_workflow(manifest(makes, harms), shell)
    assert ending(result, "step1") == (
        "Error",
        "the step wrote into its input a, and so harmed the stored artifact; run what made it again",
    )
    store = DirectoryStore(shell.home / "store")
    assert not store.intact("shared/port", "")
    (tmp_path / "again").touch()
    assert retry(result.run, shell, step="step0").phase == "Succeeded"
    assert (store.intact("shared/port", ""), (tmp_path / "made").read_text()) == (True, "x\nx\n")
