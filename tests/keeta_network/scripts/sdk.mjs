/**
 * The official SDK as a test client: unmodified, told only where the representatives are.
 *
 * A script gets the description of the network as its first argument and prints one JSON value.
 */
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../infra/local/keeta/package.json', import.meta.url));
const KeetaNet = require('@keetanetwork/keetanet-client');

export const { lib, Client, UserClient } = KeetaNet;
export const { Account, Block, Permissions, Utils, Vote } = lib;
export const network = JSON.parse(process.argv[2]);
export const input = JSON.parse(process.argv[3] ?? 'null');

Client.DefaultLogger = { ...console, log: () => {}, debug: () => {}, info: () => {}, warn: () => {} };

export const local = (role) => Account.fromSeed(network.accounts[role].seed, network.accounts[role].index);
export const token = (symbol) => Account.fromPublicKeyString(network.tokens[symbol].address);
export const addressOf = (account) => account.publicKeyString.get();

/** A key nobody has used, unless a number is given: then the same one each time. */
export const newAccount = (number) => (number === undefined
	? Account.fromSeed(Account.generateRandomSeed({ asString: true }), 0)
	: Account.fromSeed('AB'.repeat(32), number));

export const client = new Client(network.representatives.map(({ address, api }) => ({
	key: Account.fromPublicKeyString(address),
	endpoints: { api, p2p: api.replace('http', 'ws') },
})));

export const userClient = (signer, options = {}) => new UserClient({
	client, signer, network: BigInt(network.network.id), networkAlias: network.network.alias, ...options,
});

/** The code of the refusal, its message when it has none, or null when nothing was refused. */
export async function refusal(action) {
	try {
		await action();
		return null;
	} catch (error) {
		return error.code ?? error.message;
	}
}

/** Print the result of a script and end, whatever timers the SDK still holds. */
export function finish(result) {
	process.stdout.write(JSON.stringify(Utils.Conversion.toJSONSerializable(result)), () => process.exit(0));
}
