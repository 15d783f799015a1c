"""Bad input and bad luck in the app: a clear message, nothing run, nothing lost."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from support.app_server import CNN, MOBILENET, AppPage, AppServer
from support.small_models import model, node

pytestmark = pytest.mark.e2e


def test_uploads_are_judged_and_never_run(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    told = app.part("summary")
    before = app.statuses()

    app.upload("model", "holiday.onnx", b"\x89PNG\r\n\x1a\n" + bytes(200))
    beside = app.page.get_by_test_id("stPopoverBody")
    beside.get_by_text(re.compile("holiday.onnx is")).first.wait_for()
    app.wait_until_settled()
    assert app.statuses() == before
    app.upload("model", "network.pt", b"cos\nsystem\n(S'touch hacked'\ntR.")
    beside.get_by_text(re.compile("can execute code")).first.wait_for()
    app.wait_until_settled()
    assert told.get_by_text(re.compile("holiday|can execute code")).count() == 0, "once is enough"
    assert app.statuses() == before
    app.upload("config", "notes.json", b"\xff\xfe not a text")
    beside.get_by_text(re.compile("notes.json is")).first.wait_for()
    app.wait_until_settled()

    # Names with markup are shown as they are and never run.
    name = "<img src=x onerror=window.hacked=1>"
    markup = model([node("Relu", "x", "h", name), node("Neg", "h", "y", f"<b>{name}")])
    app.upload("model", f"{name[:4]}.onnx", markup.SerializeToString())
    app.wait_for_node(name)
    app.select(name)
    app.part("navigator").get_by_text(name).first.wait_for()
    app.show("Layers")
    app.part("layers").get_by_text(name).first.wait_for()
    many = {"op_type": {f"{name}{at}": {"is_output_quantized": "True"} for at in range(10_000)}}
    config = {"defaults": {"ops": {}, "params": {}}, "params": {}, "supergroups": []} | many
    config |= {"model_input": {}, "model_output": {}}
    app.upload("config", "many.json", json.dumps(config, indent=1).encode())
    app.wait_for_text("onerror=window.hacked=1>9999")
    app.part("navigator").get_by_role("tab", name=re.compile("Rules")).click()
    app.part("navigator").get_by_text(re.compile("more match nothing here")).wait_for()
    app.show_forms("Operator types")
    app.part("forms").get_by_text(re.compile("more: filter by name")).wait_for()
    assert app.page.evaluate("() => window.hacked") is None
    assert "upload" not in app.page.url
    assert "hacked" not in os.listdir(Path.cwd())


def test_a_simulation_that_is_killed_takes_nothing_else_down(
    app: AppPage, server: AppServer
) -> None:
    app.open(model=MOBILENET, config="default_config")
    app.press("simulate")
    app.part("cancel").wait_for()
    os.kill(server.worker(), signal.SIGKILL)
    told = app.part("summary").get_by_text(re.compile("process was killed"))
    told.wait_for()
    app.select("node_conv2d_5")
    app.show_forms("Operator types")
    app.set_value("Conv is_output_quantized False")
    app.wait_for_status("node_conv2d_5", "input_weight")

    # A run that is cancelled leaves the app ready for the next one.
    app.press("simulate")
    app.press("cancel")
    app.part("simulate").wait_for()
    app.part("summary").get_by_text(re.compile("The run was cancelled")).wait_for()
    app.show("Layers")
    app.simulate()
    told.wait_for(state="detached")
    app.part("layers").get_by_role("cell", name=re.compile(r"^\d+\.\d$")).first.wait_for()
