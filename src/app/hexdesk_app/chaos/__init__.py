"""`hexdesk chaos`: a desk and a venue as two processes that are killed, cut and lied to.

After it all, what the desk's journal tells must be what the venue knows. `driver` does it, `plan`
says by a seed what happens when, `audit` compares, `disorder` is the strategy that asks for it.
"""
