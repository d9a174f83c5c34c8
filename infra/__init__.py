"""What runs the exchange? On a developer's machine (`local`) and, from the same data, in the cloud."""
