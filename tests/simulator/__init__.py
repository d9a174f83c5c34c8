"""Does the exchange stay right whatever befalls it? A simulator that attacks it, by a seed.

The house's own flows, adapters and handlers run on clients of DynamoDB and SQS that live in
memory: faithful where AWS is, and failing where a seed says so. Several processes of every
kind act at once. Whoever calls AWS, or pauses, hands the baton on; so they meet between any
two calls, in an order that only the seed decides. Every such call is a fault point.

    stories/    who does what and when, as a value: it can be drawn, shrunk, printed, lived again
    machine/    one task at a time, lines that fail, processes that die, what AWS does by itself
    services/   DynamoDB and SQS as their guides describe them
    run         lives a story through, lets the weather clear, and asks everybody once more
    judging/    what must be true then, from the audit to the twin of the engine
    tally       what happened in many runs together
    breakages   safeguards taken away one by one: each must be noticed
    shrink      the least of a story that still goes wrong;  telling  how it reads

A seed makes a story and decides, by the name of each call, what befalls it: "the third
query of matcher 1". So the same seed is the same history, to the microsecond, in every
process (`Run.digest`); and when a step is left out, the others meet what they met before.

What is judged. The journal's order of commands must be one that a single matcher could
have had: `judging.sequential` gives them to the slow twin, whole and once, and wants the
same trades and the same ends; `judging.turns` wants requests that did not overlap in the
order in which they were made; `judging.answers` holds every answer against the states and the
terms that the order had between question and answer; `judging.changes` wants no command lost, and
none done that was refused; `judging.due` wants done whatever time alone causes, by whoever
acknowledged a batch and in the end; `judging.money` recomputes every wallet and
`judging.tiers` every volume from the twin's trades; the house's own audit must find
nothing; no alarm may have gone off but those of schedules that come again.

To add a kind of command: a line in `stories.trading.KINDS` (how it is drawn, how it is done)
and its meaning in `judging.sequential`, which alone speaks the twin's language. A kind of
trouble: a line in `stories.mischief.KINDS`. A kind of fault: `machine.faults.BEFALLS` and a
method of the same name in `machine.network`. A safeguard: a function in `breakages`.

    make soak SEEDS=5000                       as many as wanted; what fails is shrunk and told
    python -m tests.simulator --tell SEED      one seed from beginning to end

The stories and the judges know nothing of memory: tests/threads lives the same stories with
real threads and real clients, and asks the same judges.

Known limits. A request that botocore sends again after the first was refused can not be
overtaken by that first one. Nothing prunes a journal, so the age at which a warm book is
thrown away is never what saves the day. In a process of the API one request runs at a time,
as in Lambda.
"""
