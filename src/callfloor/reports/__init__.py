"""Documents from rows: CSV, XLSX, PDF, and their way by mail."""
