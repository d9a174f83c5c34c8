"""What happens on a day? Drawn from a seed, or written down."""
