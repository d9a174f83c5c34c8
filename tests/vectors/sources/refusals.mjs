// Blocks that the SDK refuses, with its code; and some that it takes and we do not.

import { BASE_TOKEN, address, named } from './sdk.mjs';
import { PREVIOUS, block, build, send } from './blocks.mjs';

const [ADD, SUBTRACT, SET] = [0, 1, 2];
const base = address(BASE_TOKEN);
const [storage, token, other, multisig] = ['STORAGE/0', 'TOKEN/0', 'TOKEN/1', 'MULTISIG/0'].map((name) => address(named(name)));
const key = address(named('SECP256K1/9'));

const one = (name, operation, more = {}) => block(name, { operations: [operation], ...more });
const modify = (more) => ({ type: 'MODIFY_PERMISSIONS', principal: key, method: SET, permissions: ['17', '0'], ...more });
const info = (more) => ({ type: 'SET_INFO', name: '', description: '', metadata: '', ...more });
const receive = (more) => ({ type: 'RECEIVE', amount: '5', token: base, from: key, exact: true, ...more });
const create = (identifier, more = {}) => ({ type: 'CREATE_IDENTIFIER', identifier, ...more });
const supply = (more) => ({ type: 'TOKEN_ADMIN_SUPPLY', amount: '1', method: ADD, ...more });
const setRep = { type: 'SET_REP', to: key };

const created = (kind) => address(named('ED25519/0').generateIdentifier(named(`${kind}/0`).keyType, PREVIOUS, 0));
const group = (signers, quorum) => ({ createArguments: { signers: signers.map((name) => address(named(name))), quorum } });
const keys = (count) => Array.from({ length: count }, (_, index) => `ED25519/${index}`);
const nested = (depth) => (depth === 0 ? 'ED25519/1' : [`MULTISIG/${depth}`, [nested(depth - 1)]]);

const shown = [
	one('a reference too long', send({ external: 'x'.repeat(257) })),
	one('a reference with a colon', send({ external: 'a:b' })),
	one('a reference with a newline', send({ external: 'a\n' })),
	one('sending what is no token', send({ token: key })),
	one('a token for another token', send({ to: token })),
	one('a token account that sends another', send({ token: other }), { account: token }),
	one('a nameless network', send(), { network: 7 }),
	one('a receive of no token', receive({ token: storage })),
	one('a receive by a token', receive({}), { account: token }),
	one('forwarded to itself', receive({ forward: storage }), { account: storage }),
	one('forwarded, not exact', receive({ forward: storage, exact: false })),
	one('forwarded to another token', receive({ forward: token })),
	block('two representatives', { operations: [setRep, setRep] }),
	one('a storage account that delegates', setRep, { account: storage }),
	one('a name in lower case', info({ name: 'abc' })),
	one('a name too long', info({ name: 'A'.repeat(51) })),
	one('a description with a newline', info({ description: 'a\nb' })),
	one('a description too long', info({ description: 'a'.repeat(251) })),
	one('metadata that is not base64', info({ metadata: '{}' })),
	one('metadata too long', info({ metadata: 'a'.repeat(5465) })),
	one('storage without a default', info({}), { account: storage }),
	one('a key with a default', info({ default: ['1', '0'] })),
	one('a default that sends', info({ default: ['17', '0'] }), { account: storage }),
	one('a default for tokens on storage', info({ default: ['289', '0'] }), { account: storage }),
	one('a default with external bits', info({ default: ['1', '1'] }), { account: storage }),
	one('an owner of a key', modify({ permissions: ['3', '0'] })),
	one('sending for a token', modify({ principal: token }), { account: storage }),
	one('sending of a storage account', modify({ target: storage }), { account: storage }),
	one('administering one token', modify({ permissions: ['5', '0'], target: base }), { account: storage }),
	one('adding an administrator', modify({ permissions: ['5', '0'], method: ADD }), { account: storage }),
	one('adding a delegate', modify({ permissions: ['2049', '0'], method: ADD }), { account: storage }),
	one('holding on a token', modify({ permissions: ['513', '0'], principal: token }), { account: token }),
	one('adding nothing', modify({ permissions: null, method: ADD }), { account: storage }),
	block('a change that is overwritten', { account: storage, operations: [modify({ method: ADD }), modify({})] }),
	one('flags that do not mix', modify({ permissions: ['576', '0'] }), { account: token }),
	one('too many external bits', modify({ permissions: ['1', `${2 ** 31}`] }), { account: storage }),
	one('creating another block\'s token', create(token)),
	one('creating from storage', create(created('TOKEN')), { account: storage }),
	one('a multisig without signers', create(created('MULTISIG'))),
	one('a token with signers', create(created('TOKEN'), group(keys(2), 1))),
	one('a signer twice', create(created('MULTISIG'), group(['ED25519/1', 'ED25519/1'], 1))),
	one('too many signers', create(created('MULTISIG'), group(keys(17), 1))),
	one('a quorum out of reach', create(created('MULTISIG'), group(keys(2), 3))),
	one('a quorum of none', create(created('MULTISIG'), group(keys(2), 0))),
	one('a signer that can not sign', create(created('MULTISIG'), group(['STORAGE/1'], 1))),
	one('a supply of a key', supply({})),
	one('a supply that is set', supply({ method: SET }), { account: token }),
	one('a supply too large', supply({ amount: `${10n ** 200n}` }), { account: token }),
	one('a balance of a token account', { type: 'TOKEN_ADMIN_MODIFY_BALANCE', token, amount: '1', method: ADD }, { account: token }),
	one('a fee block that delegates', setRep, { purpose: 1 }),
	block('a key too long', { idempotent: '00'.repeat(33) }),
	block('a chain of a multisig', { account: multisig }),
	block('a signer twice in a level', { signer: ['MULTISIG/0', ['ED25519/1', 'ED25519/1']] }),
	block('too many signers in a level', { signer: ['MULTISIG/0', keys(17)] }),
	block('signers too deep', { signer: nested(4) }),
	// What the SDK lets pass.
	one('an amount of nothing', send({ amount: '0' })),
	one('an amount below zero', send({ amount: '-1000' })),
	one('a supply of nothing', supply({ amount: '0' }), { account: token }),
	one('a receive of nothing', receive({ amount: '0' })),
	one('an amount above any supply', send({ amount: `${10n ** 200n}` })),
];

const spelled = (signer) => (Array.isArray(signer) ? [address(named(signer[0])), signer[1].map(spelled)] : address(named(signer)));

async function refusal(each) {
	const row = { ...each, signer: spelled(each.signer), keys: [each.signer].flat(9).filter((name) => !name.startsWith('MULTISIG')) };
	try {
		await build(each);
		return { ...row, sdk: 'accepts' };
	} catch (error) {
		return { ...row, sdk: error.code ?? 'refuses without a code' };
	}
}

export default async () => ({ refusals: await Promise.all(shown.map(refusal)) });
