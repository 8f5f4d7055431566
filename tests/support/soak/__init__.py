"""`make soak`: real calls and simulated ones at load, random faults, and how far the journal agrees afterwards."""
