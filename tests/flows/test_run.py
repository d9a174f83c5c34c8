"""Since when is a run under way?"""

from chalicelib.flows.runs.run import new_run


def test_a_run_counts_from_its_first_signing_and_one_found_on_chain_from_when_it_was_written_down() -> None:
    """A restore that dies right after it wrote one down leaves a run that nobody here has signed."""
    found = new_run("grant", 1, "grant", (), (), 1_000).at("submitted", 2_000)
    assert found.signed_ms == 1_000
    signed = new_run("grant", 2, "grant", (), (), 1_000).at("signed", 3_000).at("submitted", 4_000)
    assert signed.signed_ms == 3_000
