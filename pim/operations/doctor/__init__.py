"""The doctor: looks at everything, says what is wrong and how to mend it, mends what is safe."""

from __future__ import annotations

from pim.operations.doctor.examine import Report, examine
from pim.operations.doctor.finding import Finding

__all__ = ["Finding", "Report", "examine"]
