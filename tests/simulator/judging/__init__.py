"""What must be true when a run has come to rest?"""
