"""A frozen case in, documents out.

Pure: no Django, no network, no clock, no randomness. The same `FrozenCase` and the same key give the same bytes.
`bag.build_bag` is the one entry point; `frozen` is the seam the exporting service fills in.
"""
