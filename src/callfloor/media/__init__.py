"""Files with sound or pages in them: decoding, waveforms, fax pages. Knows no PBX, no SQL and no page."""
