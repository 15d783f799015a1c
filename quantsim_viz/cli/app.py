"""`quantsim-viz app`: the workbench in a browser."""

from __future__ import annotations

from threading import Thread

import click

from quantsim_viz.cli.command import Command

STREAMLIT_OPTIONS = (
    "--runner.postScriptGC=false",
    "--server.maxUploadSize=2000",
    "--server.fileWatcherType=none",
    "--browser.gatherUsageStats=false",
    "--client.toolbarMode=viewer",
    "--theme.light.primaryColor=#0072B2",
    "--theme.dark.primaryColor=#3D9BD9",
)
"""What `.streamlit/config.toml` sets for `streamlit run app.py`."""


@click.command(
    "app",
    cls=Command,
    examples=[
        "quantsim-viz app",
        "quantsim-viz app net.onnx -c my_config.json",
        "quantsim-viz app my_package.nets:build --port 8600",
    ],
)
@click.argument("model", required=False, metavar="[MODEL]")
@click.option("-c", "--config", metavar="CONFIG", help="A configuration file or preset.")
@click.option("--data", metavar="DATA", help="Data to simulate with: .npz, .npy or random[:SEED].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on.")
@click.option(
    "--root",
    "roots",
    multiple=True,
    metavar="FOLDER",
    help="A further folder that the app may open files from; repeatable.",
)
@click.option(
    "--metric",
    metavar="NAME",
    help="Accuracy when comparing: top1, top5, mse, mae or package.module:callable.",
)
@click.option("--headless", is_flag=True, help="Do not open a browser.")
def command(
    model: str | None,
    config: str | None,
    data: str | None,
    port: int | None,
    roots: tuple[str, ...],
    metric: str | None,
    headless: bool,
) -> None:
    """Open the app; the same as `streamlit run app.py`.

    The app may open files below the working folder, the folders of what is named here, and those
    named with --root.
    """
    from quantsim_viz.config import load_config
    from quantsim_viz.data_files import sample_models_folder

    if config is not None:
        load_config(config)
    if model is not None and model.endswith(".onnx"):
        from quantsim_viz.model import load_model

        load_model(model)

    from streamlit.web import bootstrap  # noqa: F401 - whole before another thread needs parts
    from streamlit.web import cli as streamlit

    Thread(target=_import_page, daemon=True).start()
    # The script stands beside the samples, at a checkout's root and in an installed package.
    script = sample_models_folder().parent / "app.py"
    streamlit.main(
        args=[
            "run",
            str(script),
            *STREAMLIT_OPTIONS,
            *([f"--server.port={port}"] if port else []),
            *(["--server.headless=true"] if headless else []),
            "--",
            *([model] if model else []),
            *([f"--config={config}"] if config else []),
            *([f"--data={data}"] if data else []),
            *(f"--root={root}" for root in roots),
            *([f"--metric={metric}"] if metric else []),
        ],
        prog_name="streamlit",
        standalone_mode=False,
    )


def _import_page() -> None:
    """Import what the page is made of while the server starts and the browser opens."""
    import quantsim_viz.ui.app  # noqa: F401 - so that the first visitor need not wait for it
