"""How does a process know a book: to write through it, or only to read?"""
