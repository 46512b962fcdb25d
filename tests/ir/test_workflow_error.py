"""WorkflowError as an exception among others."""

from __future__ import annotations

import pickle

import pytest

import weirflow as wf


def test_an_error_comes_whole_out_of_another_process():
    with pytest.raises(wf.WorkflowError) as raised:
        wf.compile({"goal": "no sources"})
    copied = pickle.loads(pickle.dumps(raised.value))
    assert str(copied) == str(raised.value)
    assert copied.diagnostics == raised.value.diagnostics
