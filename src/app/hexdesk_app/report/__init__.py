"""The report of a run: summary tables, and one HTML file that asks nothing of the network."""

from hexdesk_app.report.page import render_page
from hexdesk_app.report.summary import net_result, summary_tables
from hexdesk_app.report.write import write_report

__all__ = ["net_result", "render_page", "summary_tables", "write_report"]
