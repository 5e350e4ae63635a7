"""Learn2Compress: a big classifier in, a family of small ones out (the part that needs torch)."""
