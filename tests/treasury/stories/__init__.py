"""Which ways of a coin are told until the teller dies? One story a file."""

from tests.treasury.stories.landed_in_part import LandedInPart
from tests.treasury.stories.payments import Payments
from tests.treasury.stories.refill import Refill
from tests.treasury.stories.refused import Refused
from tests.treasury.stories.restored import Restored
from tests.treasury.stories.rotation import Rotation
from tests.treasury.stories.stopped_token import StoppedToken
from tests.treasury.stories.story import Story
from tests.treasury.stories.thief import Thief
from tests.treasury.stories.vote_fees import VoteFees

STORIES: dict[str, Story] = {
    "payments": Payments(),
    "refused": Refused(),
    "landed_in_part": LandedInPart(),
    "vote_fees": VoteFees(),
    "thief": Thief(),
    "stopped_token": StoppedToken(),
    "refill": Refill(),
    "rotation": Rotation(),
    "restored": Restored(),
}
