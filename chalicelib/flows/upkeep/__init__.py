"""What keeps a market tidy and proves that it is right, on a schedule or when somebody asks?

sweep     ends what was promised and never came       clock     wakes a market in which something is due
fold      writes a book down whole                    volumes   counts what each user traded
audit     looks at a whole store: rebuild says what must be, checks where it is not so
"""
