/** What is known about an account besides its blocks: balances, names, permissions, certificates? */
import { AccessList } from './access.mjs';
import { Holdings } from './holdings.mjs';
import { AdjustMethod, Permissions, accountKey, hashKey } from './sdk.mjs';

export class Accounts {
	#info = new Map();
	#certificates = new Map();

	constructor(baseToken) {
		this.access = new AccessList();
		this.holdings = new Holdings(baseToken);
	}

	/** The fields a node answers; which of them exist depends on the kind of account. */
	info(account) {
		const kept = this.#info.get(accountKey(account)) ?? {};
		const info = {
			name: kept.name ?? '',
			description: kept.description ?? '',
			metadata: kept.metadata ?? '',
		};
		if (account.isIdentifier()) {
			info.defaultPermission = kept.defaultPermission ?? new Permissions();
		}
		if (account.isToken()) {
			info.supply = this.holdings.supply(account);
		}
		if (account.isMultisig() && kept.multisigQuorum !== undefined) {
			info.multisigQuorum = kept.multisigQuorum;
		}
		return info;
	}

	certificates(account) {
		return [...(this.#certificates.get(accountKey(account))?.values() ?? [])];
	}

	certificate(account, hash) {
		return this.#certificates.get(accountKey(account))?.get(hashKey(hash)) ?? null;
	}

	/** Apply what the official code says a staple does (`ComputedEffectOfBlocks`). */
	apply(effects) {
		for (const { account, fields } of Object.values(effects.accounts)) {
			(fields.supply ?? []).forEach(({ value }) => this.holdings.addSupply(account, value));
			this.holdings.apply(account, fields.balance ?? {});
			this.access.apply(fields.permissions ?? []);
			this.#setInfo(account, fields.info ?? {});
			(fields.certificate ?? []).forEach((update) => this.#updateCertificate(account, update));
			if (fields.delegation !== undefined) {
				this.holdings.delegate(account, fields.delegation.delegateTo);
			}
		}
	}

	#setInfo(account, changed) {
		const given = Object.entries(changed).filter(([, value]) => value !== undefined);
		if (given.length > 0) {
			this.#info.set(accountKey(account), { ...this.#info.get(accountKey(account)), ...Object.fromEntries(given) });
		}
	}

	#updateCertificate(account, { method, certificateHash, certificate, intermediateCertificates }) {
		const key = accountKey(account);
		if (!this.#certificates.has(key)) {
			this.#certificates.set(key, new Map());
		}
		if (method === AdjustMethod.SUBTRACT) {
			this.#certificates.get(key).delete(hashKey(certificateHash));
		} else {
			this.#certificates.get(key).set(hashKey(certificateHash), { certificate, intermediates: intermediateCertificates });
		}
	}
}
