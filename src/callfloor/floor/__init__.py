"""The live contact centre: pure. No I/O, no clock, no asyncio, no logging of its own."""
