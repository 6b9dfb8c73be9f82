"""Pure decisions: values in, values out; no socket, clock, environment or asyncio."""
