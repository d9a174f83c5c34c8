"""How does a run go on? Tasks, lines, processes and what AWS does by itself."""
