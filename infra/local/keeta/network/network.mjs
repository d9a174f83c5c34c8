/**
 * How do the representatives of the local network act together?
 *
 * They live in one process and tell each other what landed. A publish is answered after the
 * others have heard of it, so a test that reads from another representative needs no waiting;
 * switch gossip off to see one lag behind.
 */
import { VoteStaple, hashKey } from '../ledger/sdk.mjs';
import { Representative } from './representative.mjs';

/** A staple in the journal, with the time it was accepted: its votes may have ended since. */
const toRecord = (rep, kind, staple) => ({
	rep,
	kind,
	at: Date.now(),
	until: Math.max(...staple.votes.map(({ validityTo }) => validityTo.valueOf())),
	blocks: staple.blocks.map(({ hash }) => hashKey(hash)),
	staple: staple.toString(),
});

export class Network {
	#journal;
	#replaying = true;
	gossips = true;

	/** `journal` may be null: then nothing outlives the process. */
	constructor({ representatives, fee, genesis, journal }) {
		this.genesis = genesis;
		this.#journal = journal;
		const record = (...parts) => this.#record(...parts);
		this.representatives = Array.from({ length: representatives }, (_, index) =>
			new Representative(index + 1, { fee, record }));
	}

	#record(number, kind, staple) {
		if (!this.#replaying) {
			this.#journal?.append(toRecord(number, kind, staple));
		}
	}

	representative(number) {
		return this.representatives.find((rep) => rep.number === number) ?? null;
	}

	/** Bring every representative to where it was, through the official ledger again. */
	async start() {
		for (const rep of this.representatives) {
			await rep.ledger.add(this.genesis);
		}
		await this.#replay(this.#journal?.records ?? []);
		this.#replaying = false;
		for (const rep of this.representatives) {
			await this.catchUp(rep);
		}
	}

	async #replay(records) {
		const known = records.filter(({ rep }) => this.representative(rep) !== null);
		let last = { text: null, staple: null };
		for (const { rep, staple: text, at } of known.filter(({ kind }) => kind === 'add')) {
			if (last.text !== text) {
				last = { text, staple: new VoteStaple(text, { now: new Date(at) }) };
			}
			await this.representative(rep).ledger.add(last.staple);
		}
		this.#replayVotes(known);
	}

	/** Only promises that still stand: not landed, not ended. */
	#replayVotes(records) {
		const landed = new Set(records.filter(({ kind }) => kind === 'add').flatMap(({ rep, blocks }) => blocks.map((hash) => `${rep} ${hash}`)));
		const standing = records.filter(({ kind, rep, until, blocks }) =>
			kind === 'vote' && until >= Date.now() && !blocks.some((hash) => landed.has(`${rep} ${hash}`)));
		for (const { rep, staple, at } of standing) {
			this.representative(rep).storage.side.add(new VoteStaple(staple, { now: new Date(at) }));
		}
	}

	/**
	 * Land a staple at one representative and let the others hear. Returns whether this very
	 * staple landed there; false means it waits for a predecessor.
	 */
	async publish(rep, staple) {
		const landed = await rep.ledger.add(staple);
		if (this.gossips) {
			for (const each of landed) {
				await this.#tell(each, rep);
			}
		}
		return landed.some((each) => hashKey(each.blocksHash) === hashKey(staple.blocksHash));
	}

	async #tell(staple, from) {
		const others = this.representatives.filter((rep) => rep !== from && rep.isUp && !rep.has(staple));
		await Promise.allSettled(others.map((rep) => this.#hear(rep, staple)));
	}

	/** It may have landed there in the meantime by another way; that is no failure. */
	async #hear(rep, staple) {
		try {
			await rep.ledger.add(staple);
		} catch (error) {
			if (!rep.has(staple)) {
				throw error;
			}
		}
	}

	/** What a node does after it was away: take the staples it missed from the others. */
	async catchUp(rep) {
		for (const peer of this.representatives.filter((each) => each !== rep)) {
			for (const staple of peer.storage.main.staples.filter((each) => !rep.has(each))) {
				await this.#hear(rep, staple);
			}
		}
	}

	close() {
		this.#journal?.close();
	}
}
