"""How does a request of a trader become a promise, and then a command?"""
