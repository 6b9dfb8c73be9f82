"""Personal data out: recognisers and placeholders."""
