/**
 * What a representative has promised, across a crash.
 *
 * Step "make" settles one payment and leaves two others half done: one with a temporary vote, one
 * with a permanent vote; step "finish" lands the last one. Both tell what the node knew in between.
 */
import { addressOf, finish, input, local, network, newAccount, token } from './sdk.mjs';
import { askVotes, binaries, block, get, hash, publish, send, settle, staple } from './wire.mjs';

const KTA = token('KTA');
const [settled, temporary, permanent, bob] = [1, 2, 3, 4].map((number) => newAccount(number));
const faucet = local('faucet');
const ALL = network.representatives.map(({ number }) => number);
const pay = (from, options) => block(from, [send(bob, 5, KTA)], options);

async function make() {
	const funding = [settled, temporary, permanent].map((to) => send(to, 100, KTA));
	await settle([await block(faucet, funding)], ALL);
	await settle([await pay(settled, { idempotent: Buffer.from('settled-key') })], ALL);
	await askVotes([await pay(temporary)], undefined, ALL);
	const half = await pay(permanent, { idempotent: Buffer.from('half-key') });
	const votes = binaries(await askVotes([half], binaries(await askVotes([half], undefined, ALL)), ALL));
	return { staple: staple([half], votes), half: hash(half), seen: await look() };
}

const stateOf = async (account) => {
	const url = `/node/ledger/account/${addressOf(account)}`;
	const [{ balances, currentHeadBlock }, { block: pending }] = [await get(url), await get(`${url}/pending`)];
	const votes = pending === null ? [] : (await get(`/vote/${pending.$hash}?side=side`)).votes;
	return { balances, currentHeadBlock, pending: pending?.$hash ?? null, permanent: votes.map(({ $permanent }) => $permanent) };
};

/** What every representative says to another block in the place of one it promised. */
async function rivalOf(account) {
	const answers = await askVotes([await block(account, [send(bob, 6, KTA)])], undefined, ALL);
	return [...new Set(answers.map(({ code }) => code))];
}

async function look() {
	const states = await Promise.all([settled, temporary, permanent, bob].map(stateOf));
	const byKey = (account, key, side) => get(
		`/node/ledger/account/${addressOf(account)}/idempotent/${encodeURIComponent(Buffer.from(key).toString('base64'))}?side=${side}`);
	return {
		states,
		history: (await get('/node/ledger/history')).history.map(({ $id, $timestamp }) => [$id, $timestamp]),
		checksums: (await Promise.all(ALL.map((rep) => get('/node/ledger/checksum', rep)))).map(({ checksum }) => checksum),
		settledKey: (await byKey(settled, 'settled-key', 'main')).block?.$hash,
		halfKey: (await byKey(permanent, 'half-key', 'side')).block?.$hash,
		halfKeyOnMain: (await byKey(permanent, 'half-key', 'main')).block,
		rivals: await Promise.all([temporary, permanent].map(rivalOf)),
	};
}

const settleTheLast = async () => ({ seen: await look(), landed: await publish(input.staple) });

finish(await (input === null ? make() : settleTheLast()));
