"""What every exporter is: capabilities, requirements, options and one verb, `write`.

An exporter turns frames of finished channel items into the bytes of one destination. It sees no
database, no network and no clock. Exporters are found through the entry point group
`pim.exporters`; docs/guides/new-exporter.md shows how to add one.
"""

from __future__ import annotations

from exporters.contract.capabilities import GIGABYTE, Absent, Capabilities, Delta
from exporters.contract.checks import CHECKS, FORMATS, Check, CheckDoc, Kind
from exporters.contract.exporter import (
    ENTRY_POINT_GROUP,
    Exporter,
    WriteContext,
    Written,
    load_exporters,
)
from exporters.contract.loading import (
    load_requirements,
    parse_requirements,
    parse_target_condition,
)
from exporters.contract.options import Options, describe_options, option, parse_options
from exporters.contract.requirement import Need, Requirement
from exporters.contract.requirements import NONE, Relation, Requirements
from exporters.contract.rules import Names, Rule, base_target

__all__ = [
    "CHECKS",
    "ENTRY_POINT_GROUP",
    "FORMATS",
    "GIGABYTE",
    "NONE",
    "Absent",
    "Capabilities",
    "Check",
    "CheckDoc",
    "Delta",
    "Exporter",
    "Kind",
    "Names",
    "Need",
    "Options",
    "Relation",
    "Requirement",
    "Requirements",
    "Rule",
    "WriteContext",
    "Written",
    "base_target",
    "describe_options",
    "load_exporters",
    "load_requirements",
    "option",
    "parse_options",
    "parse_requirements",
    "parse_target_condition",
]
