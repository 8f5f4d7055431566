"""A real Asterisk with real SIP calls, on loopback: the PBX, the phones, what happened, and what must be said of it.

``server`` starts Asterisk of the private root on a ``network`` of its own; ``phone``, ``leg``, ``media`` and ``sip``
are scripted phones; ``manager`` drives and records AMI; ``lab`` puts them together and writes a capture of one
scenario. ``records`` reads what Asterisk and the phones wrote down, ``witness`` builds from it what each call was,
independently of Callfloor, and ``agreement`` compares the two.
"""
