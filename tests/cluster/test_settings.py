"""What the variables of this folder's tests may be; needs no cluster."""

from pathlib import Path

import pytest

from tests.cluster.settings import SettingsError, read_settings


@pytest.fixture
def kubeconfig(tmp_path: Path) -> str:
    """A file."""
    file = tmp_path / "config"
    file.write_text("{}")
    return str(file)


def test_without_a_cluster_the_reason_is_told() -> None:
    assert str(read_settings({})).startswith("MACHIYA_TEST_KUBECONFIG is not set")


def test_with_an_api_alone_the_story_says_what_it_lacks(kubeconfig: str) -> None:
    settings = read_settings({"MACHIYA_TEST_KUBECONFIG": kubeconfig})
    assert not isinstance(settings, str)
    assert settings.story_problem.startswith("MACHIYA_TEST_LOAD_IMAGE and MACHIYA_TEST_ARGO_SERVER not set")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MACHIYA_TEST_KUBECONFIG", "nowhere"),
        ("MACHIYA_TEST_LOAD_IMAGE", "kind load docker-image"),
        ("MACHIYA_TEST_CONTROLLER", "argo"),
        ("MACHIYA_TEST_VALUES", "nowhere.yaml"),
    ],
)
def test_what_makes_no_sense_is_named_and_not_skipped(kubeconfig: str, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({"MACHIYA_TEST_KUBECONFIG": kubeconfig, name: value})


def test_the_image_is_one_word_of_the_command_and_a_failure_is_told(kubeconfig: str, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = f"printf '%s|' {{image}} > {told}; echo 'no such node' >&2; exit 3"
    settings = read_settings({"MACHIYA_TEST_KUBECONFIG": kubeconfig, "MACHIYA_TEST_LOAD_IMAGE": command})
    assert not isinstance(settings, str)
    with pytest.raises(SettingsError, match="ended with 3: no such node"):
        settings.load("machiya/tally:1.0.0; ls")
    assert told.read_text() == "machiya/tally:1.0.0; ls|"
