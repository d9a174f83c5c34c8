// How many blocks and staples a second in the official SDK? The twin of keeta.py.
//
//   node bench/keeta.mjs SECONDS     prints one JSON object of calls per second

import { BASE_TOKEN, Block, KEYS, NETWORKS, Vote, named } from '../tests/vectors/sources/sdk.mjs';

const ROUNDS = 3;
const seconds = Number(process.argv[2] ?? 0.5);
const options = { now: new Date('2025-06-01T12:35:00.000Z') };
const storage = named('STORAGE/0');

function block(operator, amount, previous = '11'.repeat(32)) {
	return new Block.Builder({
		version: 2, purpose: 0, network: NETWORKS.test, account: storage, signer: operator, previous,
		date: options.now, operations: [{
			type: Block.OperationType.SEND, to: operator, amount, token: BASE_TOKEN, external: 'withdrawal 7f3a/0001',
		}],
	}).seal();
}

async function staple() {
	const operator = named('ED25519/0');
	const blocks = [];
	for (let amount = 1n; amount <= 100n; amount++) {
		blocks.push(await block(operator, amount, blocks.at(-1)?.hash.toString() ?? '00'.repeat(32)));
	}
	const votes = await Promise.all([0, 1, 2, 3].map((index) => {
		const builder = new Vote.Builder(named(`SECP256K1/${index}`));
		builder.addBlocks(blocks);
		return builder.seal(1n, new Date('3026-01-31T00:00:00.000Z'), options.now, options);
	}));
	return Buffer.from(Vote.Staple.fromVotesAndBlocks(votes, blocks, options).toBytes());
}

async function rate(work) {
	let best = 0;
	for (let round = 0; round < ROUNDS; round++) {
		const start = performance.now();
		let count = 0;
		let elapsed = 0;
		while (elapsed < seconds * 1000) {
			await work();
			count++;
			elapsed = performance.now() - start;
		}
		best = Math.max(best, count / elapsed * 1000);
	}
	return best;
}

const rates = {};
for (const type of Object.keys(KEYS)) {
	const operator = named(`${type}/0`);
	const raw = Buffer.from((await block(operator, 1000n)).toBytes());
	rates[`build and sign, ${type}`] = await rate(() => block(operator, 1000n));
	rates[`read and verify, ${type}`] = await rate(() => new Block(raw));
}
const compressed = await staple();
rates['staple parse and verify'] = await rate(() => new Vote.Staple(compressed, options));
console.log(JSON.stringify(rates));
