"""What happens to a record: a pure core and the drivers around it."""
