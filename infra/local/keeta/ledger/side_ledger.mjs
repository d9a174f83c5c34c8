/**
 * What has this representative promised that has not landed?
 *
 * Blocks it gave a vote for, with that vote. A temporary vote counts until its validity ends; a
 * permanent one for ever. A block whose votes have all ended is gone, and its idempotent key and
 * its place after `previous` are free again.
 */
import { idempotentKey } from './main_ledger.mjs';
import { accountKey, hashKey } from './sdk.mjs';

const isLive = (vote) => vote.$permanent || vote.validityTo.valueOf() >= Date.now();

export class SideLedger {
	#entries = new Map();

	/** Live entries; what has ended is forgotten on the way. */
	#live() {
		for (const [key, entry] of this.#entries) {
			if (!entry.votes.some(isLive)) {
				this.#entries.delete(key);
			}
		}
		return [...this.#entries.values()];
	}

	block(hash) {
		return this.#live().find(({ block }) => hashKey(block.hash) === hashKey(hash))?.block ?? null;
	}

	votes(hash) {
		const votes = this.#entries.get(hashKey(hash))?.votes.filter(isLive) ?? [];
		return votes.length > 0 ? votes : null;
	}

	successors(previous) {
		return this.#live().map(({ block }) => block).filter((block) => hashKey(block.previous) === hashKey(previous));
	}

	/** Hash of a block other than `except` that uses this idempotent key. */
	idempotent(key, except) {
		const user = this.#live().find(({ block }) =>
			block.idempotent !== undefined && idempotentKey(block) === hashKey(key) && hashKey(block.hash) !== except);
		return user?.block.hash ?? null;
	}

	/** Keep a vote and its blocks; it replaces the same issuer's earlier vote for each block. */
	add({ blocks, votes }) {
		for (const block of blocks) {
			const issuers = new Set(votes.map(({ issuer }) => accountKey(issuer)));
			const others = this.#entries.get(hashKey(block.hash))?.votes.filter(({ issuer }) => !issuers.has(accountKey(issuer))) ?? [];
			this.#entries.set(hashKey(block.hash), { block, votes: [...others, ...votes] });
		}
	}

	/** A landed block is no promise any more. */
	drop(blocks) {
		blocks.forEach(({ hash }) => this.#entries.delete(hashKey(hash)));
	}
}
