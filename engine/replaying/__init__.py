"""Dead letters on their way back: as a workbook that people repair, and through the workflow once more."""
