"""Who is asking? A Keeta key proves it once; a token carries the proof from then on."""
