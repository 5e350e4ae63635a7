"""The stages of drawing a graph: what there is, how large, in which layer, where. No SVG here."""
