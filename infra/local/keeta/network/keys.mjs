/**
 * Which keys does the local network start with?
 *
 * All come from one public seed, so addresses are the same on every machine and after every
 * reset. They are worth nothing anywhere else: the network id is that of Keeta's "dev" network,
 * and no block signed for it is valid on another.
 */
import { Account } from '../ledger/sdk.mjs';

const SEED_TEXT = 'local keeta network, no secret :';
export const SEED = Buffer.from(SEED_TEXT, 'ascii').toString('hex').toUpperCase();

/** Index of each account under the seed; a representative and its stake add their own number. */
const INDEX = { authority: 0, issuer: 1, treasury: 2, faucet: 3, representative: 100, stake: 200 };

export const accountOf = (role, number = 0) => Account.fromSeed(SEED, INDEX[role] + number);

/** What another program needs to sign as this account. */
export function describe(role, number = 0) {
	return {
		address: accountOf(role, number).publicKeyString.get(),
		algorithm: 'secp256k1',
		seed: SEED,
		index: INDEX[role] + number,
	};
}
