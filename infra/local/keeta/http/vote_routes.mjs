/** How does a representative promise, and what has it promised? */
import { readBlocks, readQuote, readVotes } from './admission.mjs';
import { readHash, readSide } from './query.mjs';

async function vote({ rep, body }) {
	const votes = readVotes(body.votes);
	return { vote: await rep.ledger.vote(readBlocks(body.blocks), votes, readQuote(body.quote)) };
}

async function quote({ rep, body }) {
	return { quote: await rep.ledger.quote(readBlocks(body.blocks)) };
}

async function votes({ rep, params, query }) {
	const side = readSide(query, ['main', 'side']);
	const hash = readHash(params.hash);
	return { blockhash: hash, votes: await rep.ledger.getVotes(hash, side) };
}

/** Fault injection can name one of the two rounds: a request with votes is for a permanent one. */
const round = (body) => (body.votes === undefined ? 'vote.temporary' : 'vote.permanent');

export const voteRoutes = [
	{ method: 'POST', path: '/vote', name: round, handle: vote },
	{ method: 'POST', path: '/vote/quote', name: 'quote', handle: quote },
	{ method: 'GET', path: '/vote/:hash', name: 'votes', handle: votes },
];
