"""Fan-outs as `machiya render` makes them: remembered as a whole, retried shard by shard, whole or computed again."""

import hashlib
import json
from pathlib import Path

import pytest

from machiya.engines.local.api import Result, Setup, retry, run_workflow
from machiya.engines.local.store import DirectoryStore

SHARD = (
    'echo "$SHARD" >> "$COUNTED"; mkdir data; echo "$SHARD" > data/text; printf "sha256:%s" "$SHARD" > digest; '
    'test "$SHARD" != 00001 -o -e "$MENDED"'
)
MANIFEST = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: fan-out-}
spec:
  entrypoint: main
  templates:
  - name: main
    dag:
      tasks:
      - {name: predict, template: predict}
      - name: read
        template: read
        depends: predict
        arguments:
          parameters: [{name: digest, value: "{{tasks.predict.outputs.parameters.data-digest}}"}]
          artifacts: [{name: data, from: "{{tasks.predict.outputs.artifacts.data}}"}]
  - name: predict
    inputs:
      parameters: [{name: folder, value: shards/abc}]
      artifacts: [{name: data, s3: {key: "{{inputs.parameters.folder}}/data"}}]
    memoize: {key: predict-abc, cache: {configMap: {name: machiya-cache-toy}}}
    dag:
      tasks:
      - name: predict
        template: predict-shard
        withSequence: {count: "3", format: "%05d"}
        arguments:
          parameters: [{name: shard, value: "{{item}}"}, {name: folder, value: "{{inputs.parameters.folder}}"}]
    outputs:
      parameters:
      - name: data-digest
        valueFrom: {expression: "'sha256:' + sprig.sha256sum(tasks['predict'].outputs.parameters['data-digest'])"}
      artifacts: [{name: data, from: "{{inputs.artifacts.data}}"}]
  - name: predict-shard
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs: {parameters: [{name: shard}, {name: folder}]}
    outputs:
      parameters: [{name: data-digest, valueFrom: {path: /data/out/digest}}]
      artifacts:
      - name: data
        path: /data/out/data
        s3: {key: "{{inputs.parameters.folder}}/data/{{inputs.parameters.shard}}"}
    container: {image: none, args: [run, "export SHARD={{inputs.parameters.shard}}; SCRIPT"]}
  - name: read
    metadata: {labels: {machiya/component: toy, machiya/version: 1.0.0}}
    inputs: {parameters: [{name: digest}], artifacts: [{name: data, path: /data/in/data}]}
    container: {image: none, args: [run, "test $(cat ../in/data/*/text | wc -l) = 3"]}
""".replace("SCRIPT", SHARD.replace('"', '\\"'))


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which each computation of a shard is noted; the second one fails until `mended` is there."""
    monkeypatch.setenv("COUNTED", str(tmp_path / "counted"))
    monkeypatch.setenv("MENDED", str(tmp_path / "mended"))
    return tmp_path / "counted"


def computed(counted: Path) -> list[str]:
    """The shards that were computed since it was last asked, in their order."""
    shards = sorted(counted.read_text().split()) if counted.exists() else []
    counted.unlink(missing_ok=True)
    return shards


def whole(result: Result) -> tuple[str, bool]:
    """The digest of the fan-out, and whether it came from the cache."""
    node = next(one for one in result.state.nodes.values() if one.name == f"{result.run}.predict")
    return node.outputs.parameters["data-digest"], node.memo_hit


def test_a_fan_out_has_one_entry_in_the_cache_and_one_digest_over_its_shards(
    shell: Setup, counted: Path, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    first = run_workflow(MANIFEST, shell)
    assert first.succeeded, first.message
    assert computed(counted) == ["00000", "00001", "00002"]
    (entry,) = (shell.home / "cache" / "machiya-cache-toy").glob("*.json")
    listed = json.dumps([f"sha256:{number:05d}" for number in range(3)], separators=(",", ":"))
    assert whole(first) == (f"sha256:{hashlib.sha256(listed.encode()).hexdigest()}", False)
    assert json.loads(entry.read_text())["outputs"]["artifacts"]["data"]["digest"].startswith("sha256:")

    second = run_workflow(MANIFEST, shell)
    assert second.succeeded, second.message
    assert whole(second) == (whole(first)[0], True)
    assert computed(counted) == []


def test_a_retry_computes_only_the_shard_that_failed(shell: Setup, counted: Path, tmp_path: Path) -> None:
    failed = run_workflow(MANIFEST, shell)
    assert failed.phase == "Failed"
    assert computed(counted) == ["00000", "00001", "00002"]
    assert not list(shell.home.glob("cache/machiya-cache-toy/*.json"))

    (tmp_path / "mended").touch()
    mended = retry(failed.run, shell)
    assert mended.succeeded, mended.message
    assert computed(counted) == ["00001"]
    assert whole(run_workflow(MANIFEST, shell)) == (whole(mended)[0], True)
    assert computed(counted) == []


def test_a_shard_that_is_gone_from_the_store_is_no_hit_and_is_made_again(
    shell: Setup, counted: Path, tmp_path: Path
) -> None:
    (tmp_path / "mended").touch()
    first = run_workflow(MANIFEST, shell)
    computed(counted)
    lost = shell.home / "store" / "keys" / "shards" / "abc" / "data" / "00002.json"
    lost.unlink()
    assert DirectoryStore(shell.home / "store").find("shards/abc/data/00002") is None

    assert retry(first.run, shell).succeeded
    assert computed(counted) == ["00002"], "the others are there"
    lost.unlink()
    second = run_workflow(MANIFEST, shell)
    assert second.succeeded
    assert whole(second)[1] is False
    assert computed(counted) == ["00000", "00001", "00002"]


def test_a_shard_that_is_named_runs_again_and_the_others_do_not(shell: Setup, counted: Path, tmp_path: Path) -> None:
    (tmp_path / "mended").touch()
    first = run_workflow(MANIFEST, shell)
    computed(counted)
    assert retry(first.run, shell, step="predict(1:00001)").succeeded
    assert computed(counted) == ["00001"]
