"""The parts of a workbook that are not rows. None of them names a time, a program or a person."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from exporters.xlsx_sheet.cells import MOST_DECIMALS, letters

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def sheet_head(widths: Sequence[int], *, first: bool) -> str:
    """Return everything before the rows: the frozen header and the columns' widths."""
    chosen = ' tabSelected="1"' if first else ""
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, start=1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView{chosen} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        '<selection pane="bottomLeft"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/>{f"<cols>{columns}</cols>" if columns else ""}'
        "<sheetData>"
    )


def sheet_tail(columns: int, rows: int) -> str:
    """Return everything after the rows: the filter over all of them."""
    if not columns:
        return "</sheetData></worksheet>"
    return f'</sheetData><autoFilter ref="A1:{letters(columns - 1)}{rows}"/></worksheet>'


def workbook(sheets: Sequence[tuple[str, int]], columns: int) -> str:
    """Return the list of sheets, each with its name and its number of rows."""
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, (name, _) in enumerate(sheets, start=1)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"'{escape(name)}'!$A$1:${letters(columns - 1)}${rows}</definedName>"
        for n, (name, rows) in enumerate(sheets)
        if columns
    )
    named = f"<definedNames>{filters}</definedNames>" if filters else ""
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets>'
        f"{named}</workbook>"
    )


def workbook_relations(count: int) -> str:
    """Return where the workbook's parts lie."""
    sheets = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{sheets}<Relationship '
        f'Id="rId{count + 1}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    )


def content_types(count: int) -> str:
    """Return what each part is."""
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{KIND}.worksheet+xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>{sheets}</Types>'
    )


RELATIONS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def styles() -> str:
    """Return the formats of cells: general, header, text, date, numbers by their decimals."""
    formats = [f"0.{'0' * decimals}" for decimals in range(1, MOST_DECIMALS + 1)]
    listed = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{code}"/>' for n, code in enumerate(formats)
    )
    date = '<numFmt numFmtId="199" formatCode="yyyy\\-mm\\-dd"/>'
    numbers = "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/>'
        for number in (49, 199, 1, *range(200, 200 + MOST_DECIMALS))
    )
    plain = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    head = (
        '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyNumberFormat="1" '
        'applyFont="1" applyFill="1"/>'
    )
    return (
        f'{HEAD}<styleSheet xmlns="{MAIN}">'
        f'<numFmts count="{1 + MOST_DECIMALS}">{date}{listed}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
        '<fgColor rgb="FFE8EAED"/><bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        f'<cellStyleXfs count="1">{plain.replace(" xfId=" + chr(34) + "0" + chr(34), "")}'
        f'</cellStyleXfs><cellXfs count="{5 + MOST_DECIMALS}">{plain}{head}{numbers}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )
