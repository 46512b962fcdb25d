"""What is added to the language is covered by the generators, or they must be taught how to write it."""

from __future__ import annotations

import pytest

from tests.conformance.chains import NOT_BY_CHAINS
from tests.conformance.expression_texts import FORMS, ONLY_IN_FILTERS, forms_of
from transforms.expressions import Function
from transforms.expressions.functions import OPERATORS


@pytest.mark.parametrize("function", OPERATORS.values(), ids=lambda each: each.name)
def test_every_function_of_the_table_is_written_by_the_generator(function: Function) -> None:
    if function.name in ONLY_IN_FILTERS:
        return
    assert forms_of(function), "no call of it fits the types that arguments are made of"
    assert not function.hidden or function.name in FORMS, "how is it written?"


def test_every_transform_but_sql_is_a_step_of_chains() -> None:
    assert {"sql"} == NOT_BY_CHAINS
