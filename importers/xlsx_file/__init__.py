"""Office Open XML workbooks (.xlsx, .xlsm), read as a stream in a child process.

Cells are read from the sheet's own XML: numbers keep the digits that are written there, an error
cell is told from a text that looks like one, and a cell at XFD1048576 costs no more than any other.
"""
