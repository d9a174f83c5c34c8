"""How does the whole exchange run on one machine, without an account and without docker?

From the outside in:

    install.sh       what a target of the Makefile needs
    stack.py         the command line: start, run something against it, serve, forget
    supervisor.py    starts the parts, waits until they answer, restarts what dies, stops all
    parts.py         which processes there are: dynamodb, queues, keeta, api, pump
    child.py         one of them; leash.py is how it learns that its starter is dead
    pump.py          does what event source mappings and schedules do
    queue_server.py  ministack as SQS, with long_polls.py; dynoxide/ is DynamoDB
    api.py           HTTP; provision.py makes the tables and queues of infra/resources.py
    state.py         where all of it is kept
"""
