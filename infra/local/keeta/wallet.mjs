/**
 * A wallet made by the official SDK, for programs that are not written in JavaScript.
 *
 *     node wallet.mjs NETWORK_JSON
 *
 * Makes an account with a key of its own and prints {"address"}. Then answers each line:
 *     {"send": {"from", "to", "token", "amount"}}   with {"block"}
 *     {"balance": {"of", "token"}}                  with {"amount"}
 * `from` is "wallet", or the name of an account that the local network starts with ("faucet"). Tokens
 * and accounts are addresses, amounts base units as text. It is `UserClient` that sends; what it
 * refuses is answered as {"error"}. Ends with its standard input.
 */
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import KeetaNet from '@keetanetwork/keetanet-client';

const { Client, UserClient, lib: { Account } } = KeetaNet;
const network = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
Client.DefaultLogger = { ...console, log: () => {}, debug: () => {}, info: () => {}, warn: () => {} };

const account = (address) => Account.fromPublicKeyString(address);
const wallet = Account.fromSeed(Account.generateRandomSeed({ asString: true }), 0);

const client = new Client(network.representatives.map(({ address, api }) => ({
	key: account(address),
	endpoints: { api, p2p: api.replace('http', 'ws') },
})));

function signer(name) {
	if (name === 'wallet') {
		return wallet;
	}
	const { seed, index } = network.accounts[name];
	return Account.fromSeed(seed, index);
}

const users = {};
const user = (name) => (users[name] ??= new UserClient({
	client, signer: signer(name), network: BigInt(network.network.id), networkAlias: network.network.alias,
}));

async function send({ from, to, token, amount }) {
	await user(from).send(account(to), BigInt(amount), account(token));
	const head = await client.getAccountHeadInfo(signer(from));
	return { block: head.block.hash.toString() };
}

async function balance({ of, token }) {
	return { amount: (await client.getBalance(account(of), account(token))).toString() };
}

async function answer(line) {
	const request = JSON.parse(line);
	try {
		return request.send ? await send(request.send) : await balance(request.balance);
	} catch (error) {
		return { error: error.code ?? error.message };
	}
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

say({ address: wallet.publicKeyString.get() });
for await (const line of createInterface({ input: process.stdin })) {
	say(await answer(line));
}
process.exit(0);
