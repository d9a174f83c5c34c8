"""What does the exchange cost, in calls, items, bytes, write units and time?"""
