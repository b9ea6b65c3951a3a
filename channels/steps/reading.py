"""Read sources and steps from a feed's document; every problem is kept with its JSON path."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from channels.steps.conditions import read_condition
from channels.steps.contract import Context, FieldRef, Step
from channels.steps.parameters import Parameter, parameters_of, read_value, regex_fault
from channels.steps.sources import Source, When
from pim.domain.violations import Violation

REF_KEYS = ("field", "scope", "locale", "currency")


@dataclass
class Reader:
    """Read one document; `violations` grows while it does."""

    context: Context
    steps: Mapping[str, type[Step]]
    violations: list[Violation] = field(default_factory=list)

    def source(self, value: Any, path: str) -> Source:
        """Return a source: FIELD, `{"value": X}` or `{"from": ..., "steps": [...]}`."""
        if not isinstance(value, dict) or "field" in value or "value" in value:
            return self._start(value, path)
        self.only(value, ("from", "steps"), path)
        if "from" not in value and not value.get("steps"):
            self.add(
                path,
                "mapping.no_source",
                "There is neither a field nor a step here",
                mend='Name a field in "from", or a constant as {{"value": ...}}',
            )
        start = self._start(value["from"], f"{path}.from") if "from" in value else Source()
        return replace(start, steps=self._steps(value.get("steps", []), f"{path}.steps"))

    def _start(self, value: Any, path: str) -> Source:
        if isinstance(value, dict) and "value" in value:
            self.only(value, ("value",), path)
            return Source(constant=value["value"])
        if isinstance(value, list):
            refs = [self.field(each, f"{path}[{n}]") for n, each in enumerate(value)]
            return Source(fields=tuple(ref for ref in refs if ref), several=True)
        ref = self.field(value, path)
        return Source(fields=(ref,)) if ref else Source()

    def field(self, value: Any, path: str) -> FieldRef | None:
        """Return a field from `code`, `code@locale` or `{"field", "scope", "locale", ...}`."""
        if isinstance(value, str):
            code, _, locale = value.partition("@")
            ref = FieldRef(field=code, locale=locale or None)
        elif isinstance(value, dict) and isinstance(value.get("field"), str):
            self.only(value, REF_KEYS, path)
            ref = FieldRef(**{key: value[key] for key in REF_KEYS if key in value})
        else:
            self.wrong_type(value, "the name of a field", path)
            return None
        found = list(self.context.fields.problems(ref))
        self.violations += [replace(each, path=path) for each in found]
        return None if found else ref

    def _steps(self, value: Any, path: str) -> tuple[Step, ...]:
        if not isinstance(value, list):
            self.wrong_type(value, "a list of steps", path)
            return ()
        read = [self.step(each, f"{path}[{number}]") for number, each in enumerate(value)]
        return tuple(step for step in read if step)

    def step(self, value: Any, path: str) -> Step | None:
        """Return a step with its parameters, or None if it has problems."""
        if not isinstance(value, dict) or not isinstance(value.get("type"), str):
            self.wrong_type(value, 'a step such as {"type": "trim"}', path)
            return None
        cls = self.steps.get(value["type"])
        if cls is None:
            self.unknown("step", value["type"], self.steps, f"{path}.type")
            return None
        before = len(self.violations)
        parameters = self._parameters(cls, value, path)
        return cls(**parameters) if len(self.violations) == before else None

    def _parameters(self, cls: type[Step], value: dict[str, Any], path: str) -> dict[str, Any]:
        declared = parameters_of(cls)
        self.only(value, ("type", *declared), path)
        read = {}
        for name, parameter in declared.items():
            place = f"{path}.{name}"
            if name in value:
                read[parameter.field] = self._parameter(parameter, value[name], place)
            elif parameter.required:
                self.add(
                    place,
                    "mapping.parameter_missing",
                    "The step {step} needs {name}",
                    step=cls.name,
                    name=name,
                    mend="Add it: " + parameter.rules["doc"],
                )
        return read

    def _parameter(self, parameter: Parameter, value: Any, path: str) -> Any:
        before = len(self.violations)
        read = read_value(self, value, parameter.hint, path)
        if len(self.violations) == before and read is not None:
            self._check(parameter, read, path)
        return read

    def _check(self, parameter: Parameter, value: Any, path: str) -> None:
        least, most = parameter.rules["at_least"], parameter.rules["at_most"]
        if (least is not None and value < least) or (most is not None and value > most):
            limits = f"at least {least}" if most is None else f"from {least} to {most}"
            self.add(
                path,
                "mapping.out_of_range",
                "{value} is out of range: it must be {limits}",
                value=value,
                limits=limits,
                mend="Choose a number {limits}",
            )
        if parameter.rules["regex"] and (fault := regex_fault(value)):
            self.add(
                path,
                "mapping.bad_pattern",
                'The pattern "{value}" cannot be used: {fault}',
                value=value,
                fault=fault,
                mend="Correct the pattern; look-around and back-references are not offered",
            )

    def when(self, value: Any, path: str) -> When | None:
        """Return a condition."""
        return read_condition(self, value, path)

    def one_of(self, value: Any, allowed: Iterable[Any], path: str) -> Any:
        """Return a value that is allowed, or note what would be."""
        if value not in tuple(allowed):
            self.unknown("choice", value, [str(each) for each in allowed], path)
        return value

    def only(self, value: Mapping[str, Any], known: Iterable[str], path: str) -> None:
        """Note keys that have no meaning here."""
        for key in value:
            if key not in tuple(known):
                self.unknown("parameter", key, known, f"{path}.{key}")

    def unknown(self, what: str, given: Any, known: Iterable[str], path: str) -> None:
        """Note a name that is not known, with the nearest ones that are."""
        self.violations.append(unknown_name(what, given, known, path))

    def wrong_type(self, value: Any, wanted: str, path: str) -> None:
        """Note a value of the wrong type."""
        self.add(
            path,
            "mapping.wrong_type",
            "{value} is not {wanted}",
            value=repr(value),
            wanted=wanted,
            mend="Give {wanted}",
        )

    def add(self, path: str, code: str, message: str, *, mend: str, **parameters: Any) -> None:
        """Note a problem."""
        found = Violation(code=code, path=path, message=message, parameters=parameters, mend=mend)
        self.violations.append(found)


def unknown_name(what: str, given: Any, known: Iterable[str], path: str) -> Violation:
    """Return the violation of a name that is not known; `hint` names the nearest ones."""
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(given).casefold(), folded, n=2, cutoff=0.7)
    hint = " or ".join(folded[name] for name in near) or ", ".join(names[:12])
    return Violation(
        code=f"mapping.unknown_{what}",
        path=path,
        message='There is no {what} "{given}"',
        parameters={"what": what, "given": given, "hint": hint},
        value=str(given),
        mend="Did you mean {hint}?" if near else "Known are: {hint}",
    )
