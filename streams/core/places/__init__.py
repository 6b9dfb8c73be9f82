"""Places in: what a tweet names of France, with its codes.

`find.find_places` is the way in; the gazetteer that it asks is a value, read by `streams.gazetteer`.
"""
