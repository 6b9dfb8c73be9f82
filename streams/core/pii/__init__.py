"""Personal data out: recognisers and placeholders.

`scrub.scrub` is the way in; each recogniser is a file that yields what it found of one type.
"""
