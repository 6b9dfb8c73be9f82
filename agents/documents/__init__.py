"""The files that are made from the code: JSON Schemas, AsyncAPI, the README's tables, `.env.example`."""
