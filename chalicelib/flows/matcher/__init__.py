"""How do the commands of one market become steps of its journal?

match   gets through the messages, whatever fails     steps   one step: decided, committed, kept
take    which story a command begins                  step    what one step writes
place amend cancel mode   the stories                 due     what goes before any command
late unseen poison        when a command comes too late, too early, or can not be done
"""
