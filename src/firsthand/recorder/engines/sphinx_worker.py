"""PocketSphinx in a process of its own, as it lets no other thread run while it decodes.

Run as a script, it imports nothing of this package. Its argument is how the cepstral mean is taken:
`batch`, over a whole span, or `live`, as the sound goes along, which follows the speaker later. It
says `{"ready": true}` or what is wrong, then takes messages of five bytes and more: `W`, `B` or
`C`, a count (uint32, little-endian), and so many int16 samples at 16 kHz. `W` is a whole span, `B`
the beginning of one and `C` what comes next of it. The answer is a line of JSON: `[word, first
frame, last frame, probability]` for each segment so far.
"""

import json
import os
import struct
import sys


def main() -> None:
    """Decode what comes in until there is no more."""
    heard, told = sys.stdin.buffer, sys.stdout.buffer

    def tell(value: object) -> None:
        try:
            told.write(json.dumps(value).encode() + b"\n")
            told.flush()
        except BrokenPipeError:  # who asked is no more
            os._exit(0)

    try:
        import pocketsphinx

        decoder = pocketsphinx.Decoder(cmn=sys.argv[1], loglevel="FATAL")
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        tell({"ready": False, "error": str(error)})
        return
    tell({"ready": True})
    under_way = False
    while len(head := heard.read(5)) == 5:
        kind, count = struct.unpack("<cI", head)
        samples = heard.read(2 * count)
        if kind != b"C":
            if under_way:
                decoder.end_utt()
            decoder.reinit_feat()  # forgets mean and noise of the span before
            decoder.start_utt()
        decoder.process_raw(samples, no_search=False, full_utt=kind == b"W")
        under_way = kind != b"W"
        if not under_way:
            decoder.end_utt()
        found = [] if decoder.hyp() is None else list(decoder.seg())
        tell([(s.word, s.start_frame, s.end_frame, decoder.logmath.exp(s.prob)) for s in found])


if __name__ == "__main__":
    main()
