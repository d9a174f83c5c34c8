/**
 * Who may do what on whose account?
 *
 * A row is (principal, entity, target or the entity itself) -> permissions. Rows are indexed by
 * both sides, since the ledger asks by principal and people ask by entity.
 */
import { AdjustMethod, Permissions, accountKey } from './sdk.mjs';

const rowKey = (row) => [row.principal, row.entity, row.target].map(accountKey).join(' ');

function bucket(index, key) {
	if (!index.has(key)) {
		index.set(key, new Map());
	}
	return index.get(key);
}

export class AccessList {
	#byEntity = new Map();
	#byPrincipal = new Map();

	ofEntity(entity) {
		return [...(this.#byEntity.get(accountKey(entity))?.values() ?? [])];
	}

	ofPrincipal(principal, entities) {
		const rows = [...(this.#byPrincipal.get(accountKey(principal))?.values() ?? [])];
		if (entities === undefined) {
			return rows;
		}
		const wanted = new Set(entities.map(accountKey));
		return rows.filter((row) => wanted.has(accountKey(row.entity)));
	}

	/** Rows of one pair, by hand rather than by filter: an operator has rows on every user's account. */
	#find(principal, entity, target) {
		return this.#byEntity.get(accountKey(entity))?.get(rowKey({ principal, entity, target }));
	}

	/**
	 * Apply one principal's updates as the official drivers' shared code computes them: an ADD or
	 * SUBTRACT starts from the row of the same target, else from the row of the whole entity, as
	 * they were before this staple. An entity whose last update is a SET is not read at all.
	 */
	apply(updates) {
		const lastIsSet = new Map(updates.map((update) => [accountKey(update.entity), replaces(update)]));
		const rows = updates.map((update) => {
			const { principal, entity } = update;
			const target = update.target ?? entity;
			if (replaces(update)) {
				return { principal, entity, target, permissions: update.permissions };
			}
			const before = lastIsSet.get(accountKey(entity))
				? undefined
				: (this.#find(principal, entity, target) ?? this.#find(principal, entity, entity));
			return { principal, entity, target, permissions: adjusted(before?.permissions, update) };
		});
		rows.forEach((row) => this.#put(row));
	}

	#put(row) {
		const key = rowKey(row);
		for (const rows of [bucket(this.#byEntity, accountKey(row.entity)), bucket(this.#byPrincipal, accountKey(row.principal))]) {
			if (row.permissions === null) {
				rows.delete(key);
			} else {
				rows.set(key, row);
			}
		}
	}
}

const replaces = (update) => update.method === AdjustMethod.SET || update.permissions === null;

function adjusted(before = new Permissions(), update) {
	return update.method === AdjustMethod.ADD ? before.combine(update.permissions) : before.remove(update.permissions);
}
