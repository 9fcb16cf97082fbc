"""Sheets: tables that people bring in from a spreadsheet and mend before they are taken."""
