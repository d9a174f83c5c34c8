/** What is settled: every staple that landed here, and the chains and histories they make? */
import { Timeline } from './timeline.mjs';
import { Utils, accountKey, hashKey, officialError } from './sdk.mjs';

/** The SDK's IdempotentKey, which it does not export: H(account key with type || the user's key). */
export function idempotentKey(block) {
	return hashKey(Buffer.from(Utils.Hash.Hash(Buffer.concat([block.account.publicKeyAndType, Buffer.from(block.idempotent)]))).toString('hex'));
}

export class MainLedger {
	#blocks = new Map();
	#successors = new Map();
	#heads = new Map();
	#idempotents = new Map();
	#staples = new Map();
	#everything = new Timeline();
	#histories = new Map();
	#operations = 0;
	/** XOR of all block hashes: two nodes that agree on it hold the same blocks. */
	checksum = 0n;

	block(hash) {
		return this.#blocks.get(hashKey(hash))?.block ?? null;
	}

	height(hash) {
		return this.#blocks.get(hashKey(hash))?.height ?? null;
	}

	/** The block after this one on its chain; `previous` may be an account's opening hash. */
	successor(previous) {
		return this.#successors.get(hashKey(previous)) ?? null;
	}

	head(account) {
		return this.#heads.get(accountKey(account)) ?? null;
	}

	idempotent(key) {
		return this.#idempotents.get(hashKey(key)) ?? null;
	}

	staple(id) {
		return this.#staples.get(hashKey(id)) ?? null;
	}

	votes(blockHash) {
		const entry = this.#blocks.get(hashKey(blockHash));
		return entry === undefined ? null : entry.staple.votes;
	}

	/** Staples in the order they landed here. */
	get staples() {
		return [...this.#staples.values()];
	}

	staplesSince(time) {
		return this.#everything.since(time).map((id) => this.staple(id));
	}

	/** Ids for one account, or for the whole network when `account` is null. Null: unknown start. */
	history(account, start, limit) {
		const timeline = account === null ? this.#everything : (this.#histories.get(accountKey(account)) ?? new Timeline());
		return timeline.page(start === null ? null : hashKey(start), limit);
	}

	get counts() {
		return { blocks: this.#blocks.size, operations: this.#operations };
	}

	/**
	 * May this staple land now? True, or false when a predecessor is not known here yet. Throws
	 * the official error when one of its blocks, or a rival of it, has landed already.
	 */
	admits(staple) {
		if (staple.blocks.some(({ hash }) => this.block(hash) !== null)) {
			throw officialError('LEDGER_BLOCK_ALREADY_EXISTS', 'A block of this staple has landed already');
		}
		const inside = new Set();
		let complete = true;
		for (const block of staple.blocks) {
			if (this.successor(block.previous) !== null) {
				throw officialError('LEDGER_PREVIOUS_ALREADY_USED', `Another block follows ${block.previous}`);
			}
			complete &&= block.$opening || inside.has(hashKey(block.previous)) || this.block(block.previous) !== null;
			inside.add(hashKey(block.hash));
		}
		return complete;
	}

	/** Add a staple that was admitted; `touched` are the accounts whose history it belongs to. */
	land(staple, touched) {
		const id = hashKey(staple.blocksHash);
		const time = staple.timestamp().valueOf();
		this.#staples.set(id, staple);
		staple.blocks.forEach((block) => this.#landBlock(block, staple));
		this.#everything.insert(id, time);
		for (const key of new Set([...touched].map(accountKey))) {
			if (!this.#histories.has(key)) {
				this.#histories.set(key, new Timeline());
			}
			this.#histories.get(key).insert(id, time);
		}
	}

	#landBlock(block, staple) {
		const height = block.$opening ? 0n : this.height(block.previous) + 1n;
		this.#blocks.set(hashKey(block.hash), { block, height, staple });
		this.#successors.set(hashKey(block.previous), block);
		this.#heads.set(accountKey(block.account), block);
		this.#operations += block.operations.length;
		this.checksum ^= BigInt(`0x${hashKey(block.hash)}`);
		if (block.idempotent !== undefined) {
			this.#idempotents.set(idempotentKey(block), block.hash);
		}
	}
}
