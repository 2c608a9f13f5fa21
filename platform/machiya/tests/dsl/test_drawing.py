"""Pictures of workflows."""

import re
from collections.abc import Callable
from xml.etree import ElementTree

from machiya.dsl import WorkflowDefinition
from machiya.dsl.drawing import mermaid, svg

Load = Callable[[str], WorkflowDefinition]

STATEMENTS = """\
read = shop.read(log=log)
fit = model.fit_all(rows=read.rows, kind="a")
apply = model.apply(model=fit.model, earlier=read.users).fan_out("shard", count=4)
"""
SPACE = "{http://www.w3.org/2000/svg}"


def test_mermaid_draws_artifacts_steps_and_ports(load: Load) -> None:
    assert mermaid(load(STATEMENTS)).splitlines() == [
        "flowchart TD",
        '    artifact_log[("log")]',
        '    step_read["read<br/><small>shop 1.0.0</small>"]',
        '    step_fit_all["fit-all<br/><small>model 2.0.0</small>"]',
        '    step_apply["apply × 4<br/><small>model 2.0.0</small>"]',
        "    artifact_log --> step_read",
        "    step_read -->|rows| step_fit_all",
        "    step_fit_all -->|model| step_apply",
        "    step_read -->|users| step_apply",
    ]


def test_svg_is_valid_and_draws_every_step_and_arrow(load: Load) -> None:
    page = ElementTree.fromstring(svg(load(STATEMENTS)))
    texts = [element.text for element in page.iter(f"{SPACE}text")]
    assert {"log", "read", "fit-all", "apply × 4", "rows", "users", "model"} <= set(texts)
    arrows = [element for element in page.iter(f"{SPACE}path") if element.get("marker-end")]
    assert len(arrows) == 4


def test_boxes_of_svg_are_inside_the_page_and_do_not_overlap(load: Load) -> None:
    text = svg(load(STATEMENTS + "for i in range(5): shop.read(log=log).named(f'read-{i}')\n"))
    page = ElementTree.fromstring(text)
    width, height = float(page.get("width", 0)), float(page.get("height", 0))
    pattern = r'<rect[^>]* x="([-\d.]+)" y="([-\d.]+)" width="(\d+)" height="(\d+)" rx'
    boxes = [tuple(map(float, found)) for found in re.findall(pattern, text)]
    assert len(boxes) == 9
    for x, y, w, h in boxes:
        assert 0 <= x <= x + w <= width
        assert 0 <= y <= y + h <= height
    for index, (x, y, w, h) in enumerate(boxes):
        for x2, y2, _, _ in boxes[:index]:
            assert abs(x - x2) >= w or abs(y - y2) >= h
