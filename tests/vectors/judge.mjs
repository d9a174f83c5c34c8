// What does the official SDK say of these bytes? One answer for each line of the input.
//
//   in:   block|vote|quote|staple <hex>
//   out:  <hash in hex>, or "refused <code>"

import { createInterface } from 'node:readline';
import { Block, Vote, hex } from './sources/sdk.mjs';

const options = { now: new Date('2025-06-01T12:35:00.000Z') };
const read = {
	block: (bytes) => new Block(bytes).hash.get(),
	vote: (bytes) => new Vote(bytes, options).hash.get(),
	quote: (bytes) => new Vote.Quote(bytes, options).hash.get(),
	staple: (bytes) => new Vote.Staple(bytes, options).blocksHash.get(),
};

for await (const line of createInterface({ input: process.stdin })) {
	const [kind, bytes] = line.split(' ');
	try {
		console.log(hex(read[kind](Buffer.from(bytes, 'hex'))));
	} catch (error) {
		console.log(`refused ${error.code ?? 'without a code'}`);
	}
}
