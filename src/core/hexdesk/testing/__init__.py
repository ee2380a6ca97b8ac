"""The kit for authors of plugins: fakes, Hypothesis strategies and conformance kits.

Install `hexdesk[testing]`, subclass a kit in a test module, run pytest:

- fakes, named as their ports: `clock`, `market_data`, `broker`, `journal`, `strategy`;
- `strategies`: Hypothesis strategies (the only module that needs Hypothesis);
- kits of numbered cases: `broker_kit`, `market_data_kit`, `journal_kit`, `strategy_kit`;
- `plugin`: a pytest plugin that sums the cases up; found by pytest without being named.

A kit never asks what an adapter does not declare: such a case is skipped and says so.
"""
