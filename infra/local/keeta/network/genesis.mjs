/**
 * What is on the ledger before anybody has done anything?
 *
 * One staple, voted by the authority alone (the ledger accepts that while nobody has weight). It
 * is the same bytes on every machine: fixed seed, fixed date, deterministic signatures.
 */
import { Account, AdjustMethod, Block, OperationType, Permissions, TOKEN_KEY, Vote, VoteStaple } from '../ledger/sdk.mjs';
import { accountOf } from './keys.mjs';
import { BASE_TOKEN, INITIAL_HOLDING, STAKE, TOKENS, metadata, units } from './tokens.mjs';

export const NETWORK_ALIAS = 'dev';
export const NETWORK_ID = 0x444556n;
export const GENESIS_DATE = new Date('2025-01-01T00:00:00.000Z');
const FOR_EVER = new Date('3025-01-01T00:00:00.000Z');

export const { networkAddress, baseToken } = Account.generateBaseAddresses(NETWORK_ID);

const issuer = accountOf('issuer');
const authority = accountOf('authority');
const issued = Object.keys(TOKENS).filter((symbol) => symbol !== BASE_TOKEN);

/** An identifier's address follows from its creator, the creator's previous block and the position. */
export const tokens = Object.fromEntries([
	[BASE_TOKEN, baseToken],
	...issued.map((symbol, index) => [symbol, issuer.generateIdentifier(TOKEN_KEY, undefined, index)]),
]);

const block = (account, signer, operations) => new Block.Builder({
	network: NETWORK_ID,
	date: GENESIS_DATE,
	account,
	signer,
	previous: Block.NO_PREVIOUS,
	operations,
}).seal();

const own = {
	type: OperationType.MODIFY_PERMISSIONS,
	method: AdjustMethod.SET,
	principal: authority,
	permissions: new Permissions(['OWNER']),
};

const openNetwork = () => block(networkAddress, authority, [own, {
	type: OperationType.SET_INFO,
	name: 'LOCAL',
	description: 'A Keeta network on this machine',
	metadata: '',
	defaultPermission: new Permissions(['TOKEN_ADMIN_CREATE', 'STORAGE_CREATE']),
}]);

/** A token names itself, mints, and hands out: a token account may send only itself. */
function openToken(symbol, signer, before, holders) {
	const sends = holders.map(([to, whole]) => ({
		type: OperationType.SEND, to, amount: units(symbol, whole), token: tokens[symbol],
	}));
	const supply = sends.reduce((sum, { amount }) => sum + amount, 0n);
	return block(tokens[symbol], signer, [...before, {
		type: OperationType.SET_INFO,
		name: symbol,
		description: TOKENS[symbol].name,
		metadata: metadata(symbol),
		defaultPermission: new Permissions(['ACCESS']),
	}, { type: OperationType.TOKEN_ADMIN_SUPPLY, method: AdjustMethod.ADD, amount: supply }, ...sends]);
}

const createIssued = () => block(issuer, issuer, issued.map((symbol) => ({
	type: OperationType.CREATE_IDENTIFIER, identifier: tokens[symbol],
})));

const delegate = (number) => block(accountOf('stake', number), accountOf('stake', number), [
	{ type: OperationType.SET_REP, to: accountOf('representative', number) },
]);

/** The genesis staple of a network with this many representatives of equal weight. */
export async function genesisStaple(representatives) {
	const numbers = Array.from({ length: representatives }, (_, index) => index + 1);
	const funded = [accountOf('treasury'), accountOf('faucet')].map((account) => [account, INITIAL_HOLDING]);
	const staked = numbers.map((number) => [accountOf('stake', number), STAKE]);
	const blocks = [
		await openNetwork(),
		await openToken(BASE_TOKEN, authority, [own], [...funded, ...staked]),
		await createIssued(),
		...await Promise.all(issued.map((symbol) => openToken(symbol, issuer, [], funded))),
		...await Promise.all(numbers.map(delegate)),
	];
	const vote = new Vote.Builder(authority);
	blocks.forEach((each) => vote.addBlock(each));
	return VoteStaple.fromVotesAndBlocks([await vote.seal(0n, FOR_EVER, GENESIS_DATE)], blocks);
}
