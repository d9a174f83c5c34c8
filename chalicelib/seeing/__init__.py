"""What does each result mean in figures? The stories return what happened; here it becomes measures.

    matching   what a batch did to its market
    money      deposits, runs, withdrawals, and both sides of the books

What users ask for is counted in `wiring/watched`. Nothing here decides anything.
"""
