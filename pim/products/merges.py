"""Merge patches over values, attribute by attribute, as plain SQL.

`pim_merge` looks into every object down to the data, call by call. Most of what patches of many
attributes do is simpler: a product gets an attribute that it did not hold, or loses the only cell
of one. Only what is left is given to `pim_merge`.
"""

from __future__ import annotations

from typing import Final

_CLEARS: Final = '\'{"<all>": {"<all>": null}}\''
_CLEARED: Final = "'{\"<all>\": {}}'"


def merged_values(values: str, patch: str) -> str:
    """Return the SQL of values after a patch over them, as `pim_merge` would have them."""
    held = f"{values} -> p.key"
    return f"""(
        SELECT ({values} - coalesce(array_agg(m.key) FILTER (WHERE m.value IS NULL), '{{}}'))
            || coalesce(jsonb_object_agg(m.key, m.value) FILTER (WHERE m.value IS NOT NULL), '{{}}')
        FROM (
            SELECT p.key, CASE
                WHEN p.value = {_CLEARS} AND {held} #- '{{<all>,<all>}}' = {_CLEARED} THEN NULL
                WHEN NOT {values} ? p.key AND p.value = jsonb_strip_nulls(p.value)
                    AND CAST(p.value AS text) NOT LIKE '%{{}}%' THEN p.value
                ELSE pim_merge(
                    jsonb_build_object(p.key, {held}), jsonb_build_object(p.key, p.value)
                ) -> p.key
            END AS value
            FROM jsonb_each({patch}) AS p
        ) AS m
    )"""  # noqa: S608 - put together from names of this code
