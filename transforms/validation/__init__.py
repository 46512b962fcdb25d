"""validation_rules: every rule tested in one pass over the frame, and what becomes of the rows that break one."""

from transforms.validation.building import build_validation
from transforms.validation.letters import Origin
from transforms.validation.rules import Records, Rule
from transforms.validation.stage import Validation

__all__ = ["Origin", "Records", "Rule", "Validation", "build_validation"]
