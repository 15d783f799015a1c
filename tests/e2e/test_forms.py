"""Forms: made from the schema, offering what the model holds, writing into the one document."""

from __future__ import annotations

import pytest
from support.app_server import CNN, AppPage

pytestmark = pytest.mark.e2e


def test_forms_explain_offer_and_write(app: AppPage) -> None:
    app.open(model=CNN, config="default_config")
    app.show_forms("Operator types")
    forms = app.part("forms")

    # What the model holds is offered, with its count; what it does not can be added by name.
    types = forms.get_by_role("rowheader").all_inner_texts()
    assert {name.split()[0] for name in types} >= {"Conv", "Relu", "Gemm"}
    assert forms.get_by_role("rowheader", name="MaxPool 2").count() == 1
    hint = forms.get_by_role("columnheader", name="is_output_quantized").get_attribute("title")
    assert hint == "Whether the outputs of these operators are quantized."

    # An operator of the standard that this model does not hold is completed from a list.
    another = forms.get_by_role("combobox", name="Another operator type")
    listed = another.evaluate(
        "input => [...input.getRootNode().getElementById(input.getAttribute('list')).options]"
        ".map(option => option.value)"
    )
    assert {"LayerNormalization", "Sigmoid"} <= set(listed)
    assert "Conv" not in listed, "what stands in the table is not to be added again"
    another.fill("Sigmoid")
    another.press("Enter")
    app.wait_for_text('"Sigmoid"')

    # A value is set by the keyboard alone, and taken out again.
    false = forms.get_by_role("radio", name="Relu is_output_quantized False")
    forms.get_by_role("radio", name="Relu is_output_quantized left out").focus()
    app.page.keyboard.press("ArrowRight")
    app.page.keyboard.press("ArrowRight")
    app.wait_for_status("node_relu", "float")
    app.wait_until_settled()
    assert false.is_checked()
    forms.get_by_role("button", name="take out Relu").click()
    app.wait_for_status("node_relu", "quantized")

    # Every section has a form with a sentence of the documentation on it.
    sections = forms.get_by_role("navigation").get_by_role("button")
    titles = [title.split("\n")[0] for title in sections.all_inner_texts()]
    assert len(titles) >= 6
    for title in titles:
        forms.get_by_role("button", name=title, exact=True).or_(
            forms.get_by_role("button", name=f"{title} absent")
        ).click()
        forms.locator("nav button[aria-current=true]", has_text=title).wait_for()
        assert len(forms.locator("p.lead").inner_text()) > 20, title
    forms.get_by_role("button", name="Supergroups").click()
    forms.get_by_role("combobox", name="Operator types of another supergroup").fill("MaxPool Conv")
    forms.get_by_role("button", name="Add supergroup").click()
    app.wait_for_text('"MaxPool", "Conv"')
    forms.get_by_role("button", name="take out the supergroup MaxPool, Conv").click()
    app.wait_without('"MaxPool", "Conv"')
