"""What is stored or sent, and how is it written there? One kind of thing per file."""
