/** Which blocks and staples does a node hold, in which order? */
import { accountKey, hashKey, officialError } from '../ledger/sdk.mjs';
import { readStaple } from './admission.mjs';
import { readAccount, readHash, readLimit, readMoment, readSide, readStart } from './query.mjs';

async function publish({ network, rep, body }) {
	return { publish: await network.publish(rep, readStaple(body.votesAndBlocks)) };
}

async function block({ rep, params, query }) {
	const side = readSide(query, ['main', 'side', 'both']);
	return { blockhash: params.hash, block: await rep.ledger.getBlock(readHash(params.hash), side) };
}

async function successor({ rep, params }) {
	return { blockhash: params.hash, successorBlock: await rep.ledger.getBlockFromPrevious(readHash(params.hash), 'main') };
}

/** Where a chain page begins: the head, or the block `start` names, which must be the account's. */
function chainStart(rep, account, start = 'HEAD') {
	if (start === 'HEAD') {
		return rep.storage.main.head(account);
	}
	const found = rep.storage.main.block(readStart(start) ?? '');
	if (found === null || accountKey(found.account) !== accountKey(account)) {
		throw officialError('API_INVALID_START', `No block ${start} on this chain`);
	}
	return found;
}

/** Newest first, `start` and `end` included; `nextKey` is the next older block. */
async function chain({ rep, params, query }) {
	const limit = readLimit(query);
	const end = readStart(query.end);
	const blocks = [];
	let next = chainStart(rep, readAccount(params.account), query.start);
	while (next !== null && blocks.length < limit) {
		blocks.push({ block: next });
		const isLast = next.$opening || hashKey(next.hash) === end;
		next = isLast ? null : rep.storage.main.block(next.previous);
	}
	return { account: params.account, blocks, nextKey: next?.hash ?? null };
}

async function historyPage(rep, account, query) {
	const limit = readLimit(query);
	const staples = await rep.ledger.getHistory(account, readStart(query.start), limit + 1);
	const page = staples.slice(0, limit);
	return {
		history: page.map((voteStaple) => ({
			voteStaple,
			$id: hashKey(voteStaple.blocksHash),
			$timestamp: voteStaple.timestamp().toISOString(),
		})),
		nextKey: staples.length > limit ? hashKey(page.at(-1).blocksHash) : null,
	};
}

const history = ({ rep, params, query }) => historyPage(rep, readAccount(params.account), query);
const networkHistory = ({ rep, query }) => historyPage(rep, null, query);

async function bootstrapVotes({ rep, query }) {
	return { voteStaples: await rep.ledger.getVoteStaplesAfter(readMoment(query.start), readLimit(query)) };
}

export const chainRoutes = [
	{ method: 'POST', path: '/node/publish', name: 'publish', handle: publish },
	{ method: 'GET', path: '/node/ledger/block/:hash', name: 'block', handle: block },
	{ method: 'GET', path: '/node/ledger/block/:hash/successor', name: 'successor', handle: successor },
	{ method: 'GET', path: '/node/ledger/account/:account/chain', name: 'chain', handle: chain },
	{ method: 'GET', path: '/node/ledger/account/:account/history', name: 'history', handle: history },
	{ method: 'GET', path: '/node/ledger/history', name: 'network_history', handle: networkHistory },
	{ method: 'GET', path: '/node/bootstrap/votes', name: 'bootstrap_votes', handle: bootstrapVotes },
];
