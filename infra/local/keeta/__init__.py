"""How does a developer get a Keeta network on this machine? See README.md here."""
