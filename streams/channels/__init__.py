"""Whom alerts are told: webhooks, mail and commands behind one protocol, and the file that configures them."""
