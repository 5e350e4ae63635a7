"""What turns speech into words: Whisper, PocketSphinx, and a transcript that is there already."""
