"""The Keeta protocol as bytes and values. Pure: no network, no clock, no randomness."""
