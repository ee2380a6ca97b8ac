"""Comparing our books with a broker's, and settling doubts: pure, synchronous, no clock, no I/O.

`reconciler.Reconciler` puts it together for one broker. A driver outside the desk asks the broker
what `due` returns, gives the answers back, and hands every returned action to the desk.
"""
