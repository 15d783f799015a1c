"""Why AIMET refuses: the inner signal that ends a resolve, turned into a `Refusal` value."""

from __future__ import annotations

from quantsim_viz.resolve.settings import Refusal


class Refused(Exception):  # noqa: N818 - a verdict, not a fault; never leaves this package
    """Raised inside the cascade where AIMET raises; `resolve` turns it into `Cascade.error`."""

    def __init__(
        self, code: str, message: str, rule: str | None = None, nodes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message, rule, nodes)
