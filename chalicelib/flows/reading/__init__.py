"""What does a trader see when he asks?"""
