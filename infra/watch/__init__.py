"""What do operators see? The same metrics on this machine, from the lines that our functions wrote.

lines      the metrics in a log, as CloudWatch reads them
series     points by minute, as its statistics add them up
screen     `make watch`: a view for a terminal
picture    the widgets of the dashboards as images for the docs
"""
