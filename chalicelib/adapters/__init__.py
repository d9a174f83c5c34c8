"""All the I/O in the house. What is wrong with the outside leaves here as one of our errors."""
