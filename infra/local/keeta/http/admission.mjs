/**
 * What do newer nodes refuse that the 0.14.12 ledger still lets in?
 *
 * A negative SEND takes money from the recipient, and bytes after the end of a block give one
 * block several encodings. Nodes since 0.16 refuse both for new blocks; so does this network.
 */
import { Block, Utils, Vote, VoteQuote, VoteStaple } from '../ledger/sdk.mjs';

/** An error whose code the 0.14.12 SDK does not know yet. */
class NewerError extends Error {
	constructor(code, message) {
		super(message);
		this.code = code;
	}

	toJSON() {
		return { type: 'BLOCK', code: this.code, message: this.message };
	}
}

const toBytes = (text) => Utils.Helper.validateBase64ToBuffer(text);

/** Length of the DER element at the start of `bytes`, header included. */
function derLength(bytes) {
	const first = bytes[1] ?? 0;
	if (first < 0x80) {
		return 2 + first;
	}
	const count = first & 0x7f;
	return count > 6 ? Infinity : 2 + count + (count === 0 ? 0 : bytes.readUIntBE(2, count));
}

function admitBlock(block) {
	if (derLength(Buffer.from(block.toBytes())) !== block.toBytes().byteLength) {
		throw new Error('Block has bytes after its end');
	}
	if (block.operations.some(({ amount }) => amount !== undefined && amount < 0n)) {
		throw new NewerError('BLOCK_AMOUNT_BELOW_ZERO', 'Amounts may not be below zero');
	}
	return block;
}

export const readBlocks = (texts) => texts.map((text) => admitBlock(new Block(toBytes(text))));
export const readVotes = (texts) => texts?.map((text) => new Vote(toBytes(text)));
export const readQuote = (text) => (text === undefined ? undefined : new VoteQuote(toBytes(text)));

export function readStaple(text) {
	const staple = new VoteStaple(toBytes(text));
	staple.blocks.forEach(admitBlock);
	return staple;
}
