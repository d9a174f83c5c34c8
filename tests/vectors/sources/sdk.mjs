// What do all sources share: the SDK, the fixed seed, and how values are spelled in JSON.

import { createRequire } from 'node:module';

const local = new URL('../../../infra/local/keeta/', import.meta.url);
export const SDK = createRequire(local)('@keetanetwork/keetanet-client');
export const { Account, Block, Permissions, Utils, Vote } = SDK.lib;

export const SEED = Buffer.alloc(32, 0x11).toString('hex');
export const TYPE = Account.AccountKeyAlgorithm;
export const KEYS = { SECP256K1: TYPE.ECDSA_SECP256K1, ED25519: TYPE.ED25519, SECP256R1: TYPE.ECDSA_SECP256R1 };
export const IDENTIFIERS = { NETWORK: TYPE.NETWORK, TOKEN: TYPE.TOKEN, STORAGE: TYPE.STORAGE, MULTISIG: TYPE.MULTISIG };
export const NETWORKS = { main: 0x5382n, test: 0x54455354n, staging: 0x538201n, dev: 0x444556n };

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
export const hash = (bytes) => hex(Utils.Hash.Hash(Buffer.from(bytes)));
export const address = (account) => account.publicKeyString.get();

// An account by name, "ED25519/3": number 3 of its type, of the one seed.
export function named(name) {
	const [kind, index] = name.split('/');
	return Account.fromSeed(SEED, Number(index), { ...KEYS, ...IDENTIFIERS }[kind]);
}

export const BASE_TOKEN = Account.generateBaseAddresses(NETWORKS.test).baseToken;
