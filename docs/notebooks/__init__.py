"""The notebooks of the documentation, run from top to bottom: what is stored is what they print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def executed(path: Path) -> Any:
    """The notebook with the outputs of a run in its own folder, without counts, times and the kernel's version."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # A busy machine sends what a cell prints in several pieces, which are one text.
    NotebookClient(notebook, timeout=120, kernel_name="python3", coalesce_streams=True,
                   resources={"metadata": {"path": str(path.parent)}}).execute()  # fmt: skip
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                         "language_info": {"name": "python"}}  # fmt: skip
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                output.pop("execution_count", None)
                if output.output_type == "execute_result":
                    output["execution_count"] = None
    return notebook
