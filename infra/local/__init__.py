"""How does the whole exchange run on one machine, without an account and without docker?

Its files, from the outside in:

    stack.py         the command line: start, run something against it, serve, forget
    supervisor.py    starts the parts, waits until they answer, restarts what dies, stops all
    parts.py         which processes there are: DynamoDB, SQS, API, pump
    pump.py          does what event source mappings and schedules do
    queue_server.py  SQS; `api.py` is HTTP, `provision.py` makes tables and queues
"""
