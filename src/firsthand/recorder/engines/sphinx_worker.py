"""PocketSphinx in a process of its own, as it lets no other thread run while it decodes.

Run as a script, it imports nothing of this package. It says `{"ready": true}` or what is wrong,
then takes spans of speech, each a count (uint32, little-endian) and so many int16 samples at
16 kHz, and answers with a line of JSON: `[word, first frame, last frame, probability]` for each
segment.
"""

import json
import struct
import sys


def main() -> None:
    """Decode what comes in until there is no more."""
    heard, told = sys.stdin.buffer, sys.stdout.buffer

    def tell(value: object) -> None:
        told.write(json.dumps(value).encode() + b"\n")
        told.flush()

    try:
        import pocketsphinx

        # Taken as it goes along, as with streams, the cepstral mean follows the speaker too late.
        decoder = pocketsphinx.Decoder(cmn="batch", loglevel="FATAL")
    except (ImportError, RuntimeError, ValueError, OSError) as error:
        tell({"ready": False, "error": str(error)})
        return
    tell({"ready": True})
    while len(count := heard.read(4)) == 4:
        samples = heard.read(2 * struct.unpack("<I", count)[0])
        decoder.reinit_feat()  # forgets mean and noise of the span before
        decoder.start_utt()
        decoder.process_raw(samples, no_search=False, full_utt=True)
        decoder.end_utt()
        found = [] if decoder.hyp() is None else list(decoder.seg())
        tell([(s.word, s.start_frame, s.end_frame, decoder.logmath.exp(s.prob)) for s in found])


if __name__ == "__main__":
    main()
