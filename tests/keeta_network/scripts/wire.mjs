/** Blocks made with the official SDK, sent and answered as plain HTTP: what is on the wire. */
import { Block, Vote, network } from './sdk.mjs';

export const base64 = (thing) => Buffer.from(thing.toBytes()).toString('base64');
const api = (rep) => network.representatives[rep - 1].api;

const answer = async (response) => ({ status: response.status, ...await response.json() });

export const get = (path, rep = 1, signal = undefined) => fetch(`${api(rep)}${path}`, { signal }).then(answer);

export const post = (path, body, rep = 1) => fetch(`${api(rep)}${path}`, {
	method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
}).then(answer);

export const control = (name, body) => fetch(`${network.controls}/${name}`, { method: 'POST', body: JSON.stringify(body) }).then(answer);

/** A sealed block; `options` may set previous, idempotent, date, account, version, purpose. */
export const block = (signer, operations, options = {}) => new Block.Builder({
	network: BigInt(network.network.id),
	account: signer,
	signer,
	previous: Block.NO_PREVIOUS,
	operations,
	...options,
}).seal();

export const send = (to, amount, token) => ({ type: Block.OperationType.SEND, to, amount: BigInt(amount), token });

/** Ask representatives for a vote; their answers, refusals included. */
export const askVotes = (blocks, votes, reps = [1]) => Promise.all(reps.map((rep) => post('/vote', {
	blocks: blocks.map(base64), ...(votes === undefined ? {} : { votes }),
}, rep)));

export const binaries = (answers) => answers.map(({ vote }) => vote.$binary);

/** The staple of these blocks and permanent votes, as publish takes it. */
export const staple = (blocks, votes) => base64(Vote.Staple.fromVotesAndBlocks(votes.map((each) => new Vote(each)), blocks));

export const publish = (text, rep = 1) => post('/node/publish', { votesAndBlocks: text }, rep);

/** Both rounds and publish, without fees. The answer of publish, or the first refusal before it. */
export async function settle(blocks, reps = [1]) {
	let votes;
	for (const _round of ['temporary', 'permanent']) {
		const answers = await askVotes(blocks, votes, reps);
		const refused = answers.find(({ error }) => error);
		if (refused !== undefined) {
			return refused;
		}
		votes = binaries(answers);
	}
	return publish(staple(blocks, votes), reps[0]);
}

export const hash = (one) => one.hash.toString();
