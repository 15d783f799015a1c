"""Sessions whose Compare page has two sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from quantsim_viz.report.layers import Power
from quantsim_viz.samples import list_samples
from quantsim_viz.ui import sources
from quantsim_viz.ui.compare.measured import Measured
from quantsim_viz.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

SOFTMAX = "/op_type/Softmax/is_output_quantized"


@pytest.fixture
def vit() -> Session:
    """The vision transformer with the default configuration."""
    roots = sources.allowed_roots()
    session = Session(roots, lambda source: source.load())
    session.open_model(sources.model_source(str(list_samples()[2].model), roots))
    return session


@pytest.fixture
def softmax(vit: Session) -> Session:
    """A as opened, B with the outputs of Softmax left float."""
    vit.workspace.set_value(SOFTMAX, "False")
    vit.comparing.open()
    return vit


def metric_of(**changes: Any) -> dict[str, Any]:
    """An accuracy of two configurations, as a comparison reports it."""
    metric: dict[str, Any] = {
        "name": "top1",
        "float": 0.99,
        "values": [0.95, 0.97],
        "difference": [0.0, 0.02],
        "p_value": [None, 0.012],
        "test": "mcnemar-exact",
        "disagreements": [None, [14, 3]],
        "samples": 540,
        "confidence_interval": [None, [0.005, 0.036]],
        "verdict": [None, "different"],
        "needed_samples": [None, None],
        "disagreeing": [None, []],
    }
    return metric | changes


@pytest.fixture
def measure() -> Callable[..., Measured]:
    """Puts figures of all the data into a session, as a run would."""

    def put(
        session: Session,
        metric: dict[str, Any] | None,
        noise: tuple[float | None, float | None] = (1.0, 0.5),
        *,
        purpose: str = "compare",
        samples: int = 540,
        failures: tuple[str, ...] = (),
    ) -> Measured:
        letters = ("A", session.comparing.other)
        node = session.workspace.model.graph.nodes[0].name
        sqnr = [Power(100.0, each).sqnr_db for each in noise]
        delta = None if None in sqnr else sqnr[1] - sqnr[0]
        report = {
            "configs": list(letters),
            "layers": [{"node": node, "tensor": "t", "sqnr_db": [20.0, 23.0]}],
            "all_outputs": {
                "signal": 100.0,
                "noise": list(noise),
                "sqnr_db": sqnr,
                "delta_db": [0.0, delta],
            },
            "metric": metric,
            "samples": samples,
            "total": 540,
            "failures": list(failures),
            "took": 0.1,
        }
        found = Measured(
            letters,
            tuple(session.comparing.sides[letter].text for letter in letters),
            report,
            b"{}",
            session.model_source.key,
            session.data,
            session.options,
            session.comparing.metric,
            0.1,
        )
        session.comparing.measured[purpose] = found
        return found

    return put
