/** What does a node say about an account? */
import { Account, Block } from '../ledger/sdk.mjs';
import { readAccount, readAccounts, readSide } from './query.mjs';

const heightOf = (rep, head) => (head === null ? null : rep.storage.main.height(head.hash));

async function stateOf(rep, text) {
	try {
		const account = readAccount(text);
		const head = await rep.ledger.getHeadBlock(account, 'main');
		return {
			account,
			currentHeadBlock: head?.hash ?? null,
			currentHeadBlockHeight: heightOf(rep, head),
			representative: await rep.ledger.getAccountRep(account),
			balances: await rep.ledger.getAllBalances(account),
			info: await rep.ledger.getAccountInfo(account),
		};
	} catch (error) {
		return { account: text, error: error.message };
	}
}

const state = ({ rep, params }) => stateOf(rep, params.account);

const states = ({ rep, params }) =>
	Promise.all(params.accounts.split(',').filter((part) => part !== '').map((text) => stateOf(rep, text)));

async function head({ rep, params }) {
	const account = readAccount(params.account);
	const block = await rep.ledger.getHeadBlock(account, 'main');
	return { account, block, height: heightOf(rep, block) };
}

async function balances({ rep, params }) {
	const account = readAccount(params.account);
	return { account, balances: await rep.ledger.getAllBalances(account) };
}

async function balance({ rep, params }) {
	const account = readAccount(params.account);
	const token = readAccount(params.token).assertKeyType(Account.AccountKeyAlgorithm.TOKEN);
	return { account, token, balance: await rep.ledger.getBalance(account, token) };
}

/** The block this node has promised to, after the account's settled head. */
async function pending({ rep, params }) {
	const account = readAccount(params.account);
	const settled = await rep.ledger.getHeadBlock(account, 'main');
	const previous = settled?.hash ?? Block.getAccountOpeningHash(account);
	return { account: params.account, block: await rep.ledger.getBlockFromPrevious(previous, 'side') };
}

async function idempotent({ rep, params, query }) {
	const side = readSide(query, ['main', 'side', 'both']);
	const key = Buffer.from(params.key, 'base64');
	return { block: await rep.ledger.getBlockFromIdempotent(readAccount(params.account), key, side) };
}

async function permissions({ rep, params }) {
	const entities = readAccounts(params.entities);
	const wanted = entities.length > 0 ? entities : undefined;
	return { permissions: await rep.ledger.listACLsByPrincipal(readAccount(params.account), wanted) };
}

async function granted({ rep, params }) {
	return { permissions: await rep.ledger.listACLsByEntity(readAccount(params.account)) };
}

async function describeEntity(rep, entity) {
	return {
		entity,
		info: await rep.ledger.getAccountInfo(entity),
		balances: await rep.ledger.getAllBalances(entity),
		principals: await rep.ledger.listACLsByEntity(entity),
	};
}

async function permissionsWithInfo({ rep, params }) {
	const account = readAccount(params.account);
	const asked = readAccounts(params.entities);
	const rows = await rep.ledger.listACLsByPrincipal(account);
	const entities = asked.length > 0 ? asked : [...new Account.Set(rows.map(({ entity }) => entity))];
	return { account, access: await Promise.all(entities.map((entity) => describeEntity(rep, entity))) };
}

export const accountRoutes = [
	{ method: 'GET', path: '/node/ledger/accounts/:accounts', name: 'accounts', handle: states },
	{ method: 'GET', path: '/node/ledger/account/:account', name: 'account', handle: state },
	{ method: 'GET', path: '/node/ledger/account/:account/head', name: 'head', handle: head },
	{ method: 'GET', path: '/node/ledger/account/:account/balance', name: 'balances', handle: balances },
	{ method: 'GET', path: '/node/ledger/account/:account/balance/:token', name: 'balance', handle: balance },
	{ method: 'GET', path: '/node/ledger/account/:account/pending', name: 'pending', handle: pending },
	{ method: 'GET', path: '/node/ledger/account/:account/idempotent/:key', name: 'idempotent', handle: idempotent },
	{ method: 'GET', path: '/node/ledger/account/:account/acl/granted', name: 'acl_granted', handle: granted },
	{ method: 'GET', path: '/node/ledger/account/:account/acl/additional', name: 'acl_additional', handle: permissionsWithInfo },
	{ method: 'GET', path: '/node/ledger/account/:account/acl/additional/:entities', name: 'acl_additional', handle: permissionsWithInfo },
	{ method: 'GET', path: '/node/ledger/account/:account/acl', name: 'acl', handle: permissions },
	{ method: 'GET', path: '/node/ledger/account/:account/acl/:entities', name: 'acl', handle: permissions },
];
