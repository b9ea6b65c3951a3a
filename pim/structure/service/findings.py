"""Collect what is wrong with a document, worded once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pim.domain.structure import Codes
from pim.domain.violations import Severity, Violation

Code = str | None


class Findings(list[Violation]):
    """The violations of one document."""

    @property
    def errors(self) -> bool:
        """Tell whether any of them refuses the document."""
        return any(violation.severity == "error" for violation in self)

    def add(
        self,
        code: str,
        path: str,
        message: str,
        /,
        *,
        mend: str,
        value: Any = None,
        severity: Severity = "error",
        **parameters: Any,
    ) -> None:
        """Note one broken rule; templates may name {value} beside their own parameters."""
        shown = None if value is None else str(value)
        self.append(
            Violation(
                code=code,
                path=path,
                message=message,
                parameters={"value": shown, **parameters},
                value=shown,
                mend=mend,
                severity=severity,
            )
        )

    def require(self, document: dict[str, Any], *paths: str) -> None:
        """Note every path that a new thing cannot be without."""
        for path in paths:
            if document.get(path) in (None, ""):
                self.add(
                    "required",
                    path,
                    "{path} is missing.",
                    mend="Fill in {path}: it is needed to create one.",
                    path=path,
                )

    def check_code(
        self,
        code: str,
        pattern: re.Pattern[str],
        *,
        path: str = "code",
        allowed: str = "at most 100 letters, digits and underscores, without spaces or accents",
    ) -> None:
        """Note a code with characters that codes do not have."""
        if not pattern.fullmatch(code):
            self.add(
                "invalid_code",
                path,
                'The code "{value}" has characters that a code may not have, or is too long.',
                value=code,
                mend="Use {allowed}.",
                allowed=allowed,
            )

    def check_fixed(self, old: dict[str, Any], new: dict[str, Any], paths: Iterable[str]) -> None:
        """Note every change of what stays as it was created."""
        for path in paths:
            if old.get(path) != new.get(path):
                self.add(
                    "immutable",
                    path,
                    '{path} is "{was}" since its creation and cannot become "{value}".',
                    value=new.get(path),
                    mend="Leave it as it is, or create another one under a new code.",
                    path=path,
                    was=old.get(path),
                )

    def refer(self, codes: Codes[Any], code: Code, *, path: str, what: str) -> Code:
        """Return the stored spelling of a reference; an unknown one is noted and gives None."""
        if code is None:
            return None
        if (found := codes.get(code)) is not None:
            return str(found.code)
        self.add(
            "unknown_reference",
            path,
            'There is no {what} "{value}".',
            value=code,
            mend="Check the spelling, or import that {what} first.",
            what=what,
        )
        return None

    def refer_all(
        self, codes: Codes[Any], given: Iterable[str], *, path: str, what: str
    ) -> list[str]:
        """Return the stored spellings, each once, in the order given; unknown ones are noted."""
        found = (self.refer(codes, code, path=path, what=what) for code in given)
        return list(dict.fromkeys(code for code in found if code is not None))
