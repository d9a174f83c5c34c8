"""Votes: what a representative signs for blocks, and what it asks for that."""

from chalicelib.keeta.votes.certificate import VoteBody
from chalicelib.keeta.votes.fee import Fee, fee_sends
from chalicelib.keeta.votes.vote import Vote, read_quote, read_vote, sign_vote, verify_vote

__all__ = ["Fee", "Vote", "VoteBody", "fee_sends", "read_quote", "read_vote", "sign_vote", "verify_vote"]
