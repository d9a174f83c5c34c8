/**
 * Accounts made by the official SDK, for programs that are not written in JavaScript.
 *
 * Makes one account of each algorithm with a seed of its own and prints
 * {"accounts": [{"algorithm", "address"}]}. Then answers each line {"account", "message"} (its
 * place in the list; base64) with {"signature"}, the SDK's `account.sign(message)` in base64.
 * Ends with its standard input; the seeds are never printed.
 */
import { createInterface } from 'node:readline';
import { Account } from './ledger/sdk.mjs';

const ALGORITHMS = { Ed25519: 'ED25519', secp256k1: 'ECDSA_SECP256K1', secp256r1: 'ECDSA_SECP256R1' };

const accounts = Object.entries(ALGORITHMS).map(([algorithm, name]) => {
	const seed = Account.generateRandomSeed({ asString: true });
	return { algorithm, account: Account.fromSeed(seed, 0, Account.AccountKeyAlgorithm[name]) };
});

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say({
	accounts: accounts.map(({ algorithm, account }) => ({ algorithm, address: account.publicKeyString.get() })),
});

for await (const line of createInterface({ input: process.stdin })) {
	const { account, message } = JSON.parse(line);
	const signature = await accounts[account].account.sign(Buffer.from(message, 'base64'));
	say({ signature: Buffer.from(signature.get()).toString('base64') });
}
