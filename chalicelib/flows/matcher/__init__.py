"""How do the commands of one market become steps of its journal?"""
