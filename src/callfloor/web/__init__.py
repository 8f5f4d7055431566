"""People and programs: API, push, sign-in, static files."""
