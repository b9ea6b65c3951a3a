"""Merge patches over values as plain SQL, as far as they are simple.

`pim_merge` looks into every object down to the data, call by call. Most patches of many attributes
are simpler: the product gets attributes that it did not hold, or loses all that it holds of some.
Of the others, each attribute is looked at by itself, and only what is left goes to `pim_merge`.
"""

from __future__ import annotations

from typing import Final

_CLEARS: Final = '\'{"<all>": {"<all>": null}}\''
_CLEARED: Final = "'{\"<all>\": {}}'"

# Anything but null at an end of a patch.
_HOLDS: Final = '\'$.** ? (@.type() != "null" && @.type() != "object")\''


def merged_values(values: str, before: str, after: str) -> str:
    """Return the SQL of values after a patch over them, as `pim_merge` would have them.

    `before` is the patch that leads back.
    """
    keys = f"ARRAY(SELECT jsonb_object_keys({after}))"
    return f"""CASE
        WHEN NOT {values} ?| {keys} AND {_only_adds(after)} THEN {values} || ({after})
        WHEN ({values} - {keys}) || ({before}) = {values}
            AND NOT jsonb_path_exists({after}, {_HOLDS}) THEN {values} - {keys}
        ELSE {_by_attribute(values, after)}
    END"""


def _only_adds(patch: str) -> str:
    return f"{patch} = jsonb_strip_nulls({patch}) AND CAST({patch} AS text) NOT LIKE '%{{}}%'"


def _by_attribute(values: str, patch: str) -> str:
    held = f"{values} -> p.key"
    return f"""(
        SELECT ({values} - coalesce(array_agg(m.key) FILTER (WHERE m.value IS NULL), '{{}}'))
            || coalesce(jsonb_object_agg(m.key, m.value) FILTER (WHERE m.value IS NOT NULL), '{{}}')
        FROM (
            SELECT p.key, CASE
                WHEN p.value = 'null' THEN NULL
                WHEN p.value = {_CLEARS} AND {held} #- '{{<all>,<all>}}' = {_CLEARED} THEN NULL
                WHEN NOT {values} ? p.key AND {_only_adds("p.value")} THEN p.value
                ELSE pim_merge(
                    jsonb_build_object(p.key, {held}), jsonb_build_object(p.key, p.value)
                ) -> p.key
            END AS value
            FROM jsonb_each({patch}) AS p
        ) AS m
    )"""  # noqa: S608 - put together from names of this code
