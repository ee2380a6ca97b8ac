"""How results are shown: numbers, tables, zones of time, the live table."""
