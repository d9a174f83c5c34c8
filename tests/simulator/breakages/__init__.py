"""How would the house look if one of its safeguards were missing? One breakage each.

Each takes one thing away, in the real code, for as long as it is on. The simulator must
notice every one of them; so it is known that it would notice a mistake of that kind.
"""

from . import fence, money, queueing
from .breaking import BREAKAGES

__all__ = ["BREAKAGES", "fence", "money", "queueing"]
