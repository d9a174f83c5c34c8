/** Who holds how much of which token, and who votes with whose base token? */
import { Account, accountKey } from './sdk.mjs';

export class Holdings {
	#baseToken;
	#balances = new Map();
	#supplies = new Map();
	#delegations = new Map();

	constructor(baseToken) {
		this.#baseToken = baseToken;
	}

	balance(account, token) {
		return this.#balances.get(accountKey(account))?.get(accountKey(token))?.balance ?? 0n;
	}

	balances(account) {
		return [...(this.#balances.get(accountKey(account))?.values() ?? [])].filter(({ balance }) => balance !== 0n);
	}

	supply(token) {
		return this.#supplies.get(accountKey(token)) ?? 0n;
	}

	representative(account) {
		return this.#delegations.get(accountKey(account))?.representative ?? null;
	}

	/**
	 * Voting weight: base token of the key accounts that delegated, of all of them or of those who
	 * chose one of `representatives`. Computed, not kept, so that it cannot drift.
	 */
	weight(representatives) {
		const wanted = representatives === undefined ? null : new Set(representatives.map(accountKey));
		let total = 0n;
		for (const { account, representative } of this.#delegations.values()) {
			if (wanted === null || wanted.has(accountKey(representative))) {
				total += this.balance(account, this.#baseToken);
			}
		}
		return total;
	}

	/** How many accounts somebody has chosen as representative. */
	get representativeCount() {
		return new Set([...this.#delegations.values()].map(({ representative }) => accountKey(representative))).size;
	}

	delegate(account, representative) {
		this.#delegations.set(accountKey(account), { account, representative });
	}

	addSupply(token, amount) {
		this.#supplies.set(accountKey(token), this.supply(token) + amount);
	}

	/** Apply the balance entries of one account; a RECEIVE is a condition and moves nothing. */
	apply(account, entriesByToken) {
		for (const [tokenAddress, entries] of Object.entries(entriesByToken)) {
			const token = Account.fromPublicKeyString(tokenAddress);
			for (const { isReceive, set, value } of entries) {
				if (isReceive) {
					continue;
				}
				if (set) {
					this.#add(token, token, this.balance(account, token) - value);
					this.#add(account, token, value - this.balance(account, token));
				} else {
					this.#add(account, token, value);
				}
			}
		}
	}

	#add(account, token, amount) {
		const key = accountKey(account);
		if (!this.#balances.has(key)) {
			this.#balances.set(key, new Map());
		}
		const balance = this.balance(account, token) + amount;
		this.#balances.get(key).set(accountKey(token), { token, balance });
	}
}
