"""The PBX's own records of the past — call event log, call records, queue log — into finished calls."""
