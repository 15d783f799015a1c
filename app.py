"""What `streamlit run app.py` starts: the workbench."""

from quantsim_viz.ui.app import main

main()
