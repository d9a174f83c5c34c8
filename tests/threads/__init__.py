"""Does the exchange stay right under real threads, real clients and real servers, too?

The stories of tests/simulator, the same values from a seed, are lived once more: every client,
operator, feeder and schedule is a thread, every process has boto3 clients of dynoxide and
ministack, and whoever is on the line does what the seed says of that call. What comes of it
depends on the machine, so no run comes twice; but whatever comes, the same judges must find
nothing. Only what was true at which moment is not asked, since nobody here knows it.

    clock    time runs faster than on the wall        line    a boto3 client on which calls go wrong
    cloud    processes, queues, feeders, schedules    test_stories

What the stand-ins get wrong, or never do, is left to the simulator: no transaction meets another
(dynoxide does one at a time), an index never lags, ministack takes a receipt handle that is over.

    CEX_THREADS=40 pytest tests/threads       so many stories
"""
