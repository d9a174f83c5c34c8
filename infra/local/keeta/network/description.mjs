/** What must another program know to use this network? */
import fs from 'node:fs';
import { hashKey } from '../ledger/sdk.mjs';
import { NETWORK_ALIAS, NETWORK_ID, baseToken, networkAddress, tokens } from './genesis.mjs';
import { describe } from './keys.mjs';
import { TOKENS } from './tokens.mjs';

const addressOf = (account) => account.publicKeyString.get();

export function describeNetwork(network, server, { controls }) {
	return {
		network: {
			alias: NETWORK_ALIAS,
			id: `0x${NETWORK_ID.toString(16).toUpperCase()}`,
			address: addressOf(networkAddress),
			base_token: addressOf(baseToken),
		},
		representatives: network.representatives.map(({ number }) => ({
			number, ...describe('representative', number), api: server.endpoints(number).api,
		})),
		tokens: Object.fromEntries(Object.entries(TOKENS).map(([symbol, { decimals }]) => [
			symbol, { address: addressOf(tokens[symbol]), decimals },
		])),
		accounts: Object.fromEntries(['authority', 'issuer', 'treasury', 'faucet'].map((role) => [role, describe(role)])),
		genesis: hashKey(network.genesis.blocksHash),
		controls: controls ? `${server.origin}/controls` : null,
	};
}

/** Whole or not at all: a reader never sees half a file. */
export function writeDescription(path, description) {
	fs.writeFileSync(`${path}.new`, `${JSON.stringify(description, null, 2)}\n`);
	fs.renameSync(`${path}.new`, path);
}
