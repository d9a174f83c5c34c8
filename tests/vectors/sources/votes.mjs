// Votes, quotes and staples.

import { BASE_TOKEN, KEYS, Vote, address, hash, hex, named } from './sdk.mjs';
import { block, build, send } from './blocks.mjs';

const NOW = '2025-06-01T12:35:00.000Z';
const options = { now: new Date(NOW) };
const TEMPORARY = ['2025-06-01T12:35:00.500Z', '2025-06-01T12:40:00.500Z'];
const PERMANENT = ['2025-06-01T12:35:01.007Z', '3026-01-31T00:00:00.000Z'];

const hashes = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32));
const storage = address(named('STORAGE/0'));
const token = address(named('TOKEN/0'));

async function seal({ issuer, serial, from, to, blocks, fee, quote }) {
	const builder = new (quote ? Vote.Quote : Vote).Builder(named(issuer));
	builder.addBlocks(blocks);
	if (fee) builder.addFee(fee);
	return builder.seal(BigInt(serial), new Date(to), new Date(from), options);
}

async function vote(shown) {
	const sealed = await seal(shown);
	return {
		...shown, now: NOW, raw: hex(sealed.toBytes()), hash: hex(sealed.hash.get()),
		blocks_hash: hex(sealed.blocksHash.get()), permanent: sealed.$permanent,
	};
}

const by = (issuer, [from, to], more = {}) => ({ issuer, serial: '1', from, to, blocks: hashes.slice(0, 1), ...more });

const shown = Object.keys(KEYS).flatMap((type) => {
	const issuer = `${type}/0`;
	return [
		by(issuer, TEMPORARY),
		by(issuer, PERMANENT, { serial: '255', blocks: hashes }),
		by(issuer, TEMPORARY, { serial: `${2n ** 64n}`, fee: { amount: '1' } }),
		by(issuer, TEMPORARY, { serial: '0', fee: { amount: '300', payTo: storage } }),
		by(issuer, TEMPORARY, { fee: { amount: '300', token } }),
		by(issuer, TEMPORARY, { fee: { amount: `${10n ** 20n}`, payTo: address(named('SECP256R1/5')), token: address(BASE_TOKEN) } }),
		by(issuer, TEMPORARY, { quote: true, fee: { amount: '25' } }),
	];
});

// Two accounts, three blocks: the second account's block stands between the first one's two.
async function chain() {
	const first = await build(block('first', { operations: [send()] }));
	const between = await build(block('between', { signer: 'SECP256K1/0', previous: '22'.repeat(32), version: 1 }));
	const second = await build(block('second', { signer: 'ED25519/0', previous: first.hash.toString(), purpose: 1 }));
	return [first, between, second];
}

async function staple(name, [from, to], issuers) {
	const blocks = await chain();
	const votes = await Promise.all(issuers.map((issuer, index) =>
		seal({ issuer, serial: index, from, to, blocks: blocks.map((each) => each.hash) })));
	const made = Vote.Staple.fromVotesAndBlocks(votes, [...blocks].reverse(), options);
	const raw = made.toBytes(true);
	return {
		name, now: NOW, blocks: blocks.map((each) => hex(each.toBytes())), votes: votes.map((each) => hex(each.toBytes())),
		raw: hex(raw), hash: hash(raw), blocks_hash: hex(made.blocksHash.get()), moment: made.timestamp().toISOString(),
	};
}

const staples = () => Promise.all([
	staple('one temporary vote', TEMPORARY, ['SECP256K1/0']),
	staple('four temporary votes', TEMPORARY, ['SECP256K1/0', 'SECP256K1/1', 'ED25519/2', 'SECP256R1/3']),
	staple('four permanent votes', PERMANENT, ['SECP256K1/0', 'SECP256K1/1', 'ED25519/2', 'SECP256R1/3']),
]);

export default async () => ({ votes: await Promise.all(shown.map(vote)), staples: await staples() });
