"""The live stream: the floor's changes as frames, built once per view and written to each viewer's transport."""
