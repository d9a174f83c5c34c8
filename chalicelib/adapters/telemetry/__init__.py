"""How does what happens here leave the process? As lines of JSON on standard output, and nothing else.

    catalogue   every metric there is, as data
    alarms      every alarm that the code can raise, as data
    emf         measures become lines that CloudWatch reads as metrics
    log         notes and alarms become log lines
    trace       which request is being worked on

Lambda's log group picks the lines up, so that nothing here calls AWS or waits for it.
"""
