/** One account's chain and history, page by page, as a program without the SDK would read them. */
import { addressOf, finish, local, newAccount, token, userClient, client } from './sdk.mjs';
import { get } from './wire.mjs';

const payer = userClient(newAccount());
await userClient(local('faucet')).send(payer.account, 100n, token('KTA'));
for (let count = 0; count < 5; count += 1) {
	await payer.send(newAccount(), 1n, token('KTA'));
}
const account = `/node/ledger/account/${addressOf(payer.account)}`;

async function pages(path, read) {
	const found = [];
	let start = '';
	for (;;) {
		const page = await get(`${path}?limit=2${start}`);
		found.push(read(page));
		if (page.nextKey === null || found.length > 9) {
			return found;
		}
		start = `&start=${page.nextKey}`;
	}
}

const chain = (await payer.chain()).map(({ hash }) => hash.toString());
const history = (await client.getHistory(payer.account)).map(({ voteStaple }) => voteStaple.blocksHash.toString());
const state = await get(account);
finish({
	chain,
	history,
	chainPages: await pages(`${account}/chain`, ({ blocks }) => blocks.map(({ block }) => block.$hash)),
	historyPages: await pages(`${account}/history`, (page) => page.history.map(({ $id }) => $id)),
	part: (await get(`${account}/chain?start=${chain[1]}&end=${chain[3]}`)).blocks.map(({ block }) => block.$hash),
	strangersBlock: (await get(`/node/ledger/account/${addressOf(local('faucet'))}/chain?start=${chain[1]}`)).code,
	successor: (await get(`/node/ledger/block/${chain[1]}/successor`)).successorBlock.$hash,
	noSuccessor: (await get(`/node/ledger/block/${chain[0]}/successor`)).successorBlock,
	state,
	head: await get(`${account}/head`),
	block: (await get(`/node/ledger/block/${chain[0].toLowerCase()}`)).block,
	blockOnSide: (await get(`/node/ledger/block/${chain[0]}?side=side`)).block,
	votes: (await get(`/vote/${chain[0]}`)).votes,
	entry: (await get(`${account}/history?limit=1`)).history[0],
	several: (await get(`/node/ledger/accounts/${addressOf(payer.account)},keeta_nobody`)),
	address: addressOf(payer.account),
});
